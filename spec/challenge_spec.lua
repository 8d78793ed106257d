-- Challenges as docs/lua-api.md has them: asked, shown, solved, counted, and how hard they are.

package.path = "spec/support/?.lua;"..package.path;
local muster = require "muster";
local place = require "place";

local assert_failure = place.assert_failure;
local path, engine;

before_each(function ()
	path = place.new();
	engine = place.open(path);
end);
after_each(function ()
	engine:close();
	engine = nil;
	collectgarbage();
	place.remove(path);
end);

local function with(kinds)
	return assert(engine:host("example.org", {
		muster_challenges = kinds, muster_proof_of_work = { min = 10, max = 20 };
		muster_questions = { ["The colour of grass?"] = { "green" } };
	}));
end

local function on(stream)
	return { sender = "stream", secure = true, stream_host = "example.org", stream = stream };
end

local get = "<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq>";

local function filled(form, answer)
	local id = form:match("var='challenge'><value>(%x+)<");
	return ([[<iq type='set' id='2'><query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='submit'>
		<field var='FORM_TYPE'><value>jabber:iq:register</value></field><field var='username'><value>juliet</value></field>
		<field var='password'><value>secret</value></field><field var='challenge'><value>%s</value></field>
		<field var='qa'><value>%s</value></field></x></query></iq>]]):format(id, answer);
end

describe("challenges", function ()
	it("are asked on a stream, solved and counted", function ()
		local host, stream = with({ "qa", "SHA-256" }), muster.stream();
		local asked = assert(host:handle(get, on(stream)));
		assert.is_nil(asked.action);
		assert.same({ issued = { "qa", "SHA-256" }, solved = {}, failed = {} }, asked.challenges);
		local failed = assert(host:handle(filled(asked[1].xml, "blue"), on(stream)));
		assert.same({ "register", "challenge" }, { failed.action, failed.rule });
		assert.same({ issued = { "qa", "SHA-256" }, solved = {}, failed = { "qa" } }, failed.challenges);
		local going_on = assert(host:handle(filled(failed[1].xml, "green"), on(stream)));
		assert.equal("register", going_on.operation:kind());
		local done = going_on.operation:run();
		assert.is_true(done.ok);
		assert.same({ issued = {}, solved = { "qa" }, failed = {} }, done.challenges);
		assert.is_true(stream:registered());
	end);

	it("are nobody's whose stream is not remembered", function ()
		local host = with({ "qa", "SHA-256" });
		local asked = assert(host:handle(get, on(nil)));
		assert.equal("refused", asked.error);
		assert.is_nil(asked.challenges);
	end);

	it("have pictures that are drawn by an operation, and shown on their stream", function ()
		local host, stream, other = with({ "ocr", "qa" }), muster.stream(), muster.stream();
		local asked = assert(host:handle(get, on(stream)));
		assert.equal("challenge", asked.operation:kind());
		assert.is_nil(asked.operation:username());
		local shown = asked.operation:run();
		assert.is_true(shown.ok);
		assert.is_nil(shown.action);
		assert.same({ "ocr", "qa" }, shown.challenges.issued);
		local cid = shown[1].xml:match("<data xmlns='urn:xmpp:bob' cid='([^']+)'");
		assert.is_true(stream:shows(cid));
		assert.is_false(other:shows(cid));
		assert.is_false(stream:shows(nil));
		local again = assert(host:handle(("<iq type='get' id='3'><data xmlns='urn:xmpp:bob' cid='%s'/></iq>"):format(cid),
			on(stream)));
		assert.truthy(again[1].xml:find("<iq type='result' id='3'><data ", 1, true));
	end);

	it("tell how hard they are, by the load or by order", function ()
		local host = with({ "qa", "SHA-256", "auto" });
		assert.same({ kinds = { "qa", "SHA-256" }, bits = 10, least = 10, most = 20, both = false }, host:challenges());
		local till = os.time() + 60;
		assert.is_true(host:direct({ directive = "difficulty", value = "18", ["until"] = till }):run().ok);
		assert.same({ kinds = { "qa", "SHA-256" }, bits = 18, least = 10, most = 20, both = true, ["until"] = till },
			host:challenges("192.0.2.7"));
		assert.is_true(host:retract({ directive = "difficulty" }):run().ok);
		assert.equal(10, host:challenges().bits);
		assert_failure("malformed", host:direct({ directive = "difficulty", value = "64" }));
		assert_failure("malformed", host:challenges("nowhere"));
	end);

	it("are none unless they are wanted", function ()
		assert.same({}, with(nil):challenges().kinds);
	end);
end);
