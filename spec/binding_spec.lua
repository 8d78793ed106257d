-- The module and its engines as docs/lua-api.md has them: what they return, throw at, and say of the world's errors.

package.path = "spec/support/?.lua;"..package.path;
local muster = require "muster";
local place = require "place";

local assert_failure = place.assert_failure;
local path, engine, host;

before_each(function ()
	path = place.new();
	engine, host = place.open(path);
end);
after_each(function ()
	engine:close();
	engine, host = nil, nil;
	collectgarbage();
	place.remove(path);
end);

local function run(kind, order)
	return assert(host[kind](host, order)):run();
end

local function register(username, password)
	return run("register", { username = username, password = password or "secret" });
end

describe("muster.so", function ()
	it("exports nothing but luaopen_muster", function ()
		local library = assert(package.searchpath("muster", package.cpath));
		local symbols = assert(io.popen("nm --dynamic --defined-only --format=just-symbols "..library));
		assert.equal("luaopen_muster\n", symbols:read("a"));
		assert(symbols:close());
	end);
end);

describe("an outcome", function ()
	it("says what was tried, and which rule refused", function ()
		local done = register("juliet");
		assert.same({ true, "register" }, { done.ok, done.action });
		assert.is_nil(done.rule);
		local refused = assert(host:register({ username = "juliet", password = "secret" })):look();
		assert.same({ "exists", "register", "name-taken" }, { refused.error, refused.action, refused.rule });
		local wrong = run("check_password", { username = "juliet", password = "wrong" });
		assert.same({ "wrong-password", "check-password" }, { wrong.error, wrong.action });
		assert.is_nil(wrong.rule);
		local vetoed = assert(host:register({ username = "nurse", password = "secret" })):veto();
		assert.same({ "refused", "register" }, { vetoed.error, vetoed.action });
		assert.equal("veto", vetoed.rule);
	end);

	it("says nothing of the sort of what only asks", function ()
		local asked = "<iq type='get' id='1' xmlns='jabber:client'><query xmlns='jabber:iq:register'/></iq>";
		local answer = assert(host:handle(asked, { sender = "stream", secure = true }));
		assert.is_true(answer.ok);
		assert.is_nil(answer.action);
	end);
end);

describe("the module", function ()
	it("has a version", function ()
		assert.matches("^%d+%.%d+%.%d+$", muster.version);
	end);

	it("lists the options of a host", function ()
		local names, index = {}, 1;
		while muster.option(index) do
			names[muster.option(index)] = true;
			index = index + 1;
		end
		assert.is_true(names["c2s_require_encryption"]);
		assert.is_true(names["muster_registration"]);
		assert.has_error(function () muster.option(0); end);
		assert.has_error(function () muster.option(); end);
	end);

	it("says what a host's options are worth, without a store", function ()
		assert.is_true(muster.check("host", "localhost", { muster_registration = "approval" }));
		assert.is_true(muster.check("host", "localhost"));
		assert_failure("bad-option", muster.check("service", "localhost", { muster_registration = "approval" }));
		assert_failure("bad-option", muster.check("host", "localhost", { muster_registration = "opne" }));
		assert_failure("bad-option", muster.check("host", "localhost", { muster_registration = print }));
		assert_failure("bad-name", muster.check("host", "", {}));
		assert.has_error(function () muster.check("thing", "localhost", {}); end);
		assert.has_error(function () muster.check("host", "localhost", 5); end);
	end);

	it("makes stanzas of text", function ()
		local metatable = {};
		local stanza = muster.stanza("<iq xmlns='jabber:client' id='a&amp;b' type='result'><query xmlns='jabber:iq:register'>"
			.."<instructions xml:lang='de'>W&#228;hle &lt;einen&gt; Namen</instructions><username/></query></iq>", metatable);
		local query = stanza.tags[1];
		assert.same({ id = "a&b", type = "result" }, stanza.attr); -- without the stream's own namespace
		assert.same({ "iq", "query" }, { stanza.name, query.name });
		assert.equal(query, stanza[1]);
		assert.same({ xmlns = "jabber:iq:register" }, query.attr);
		assert.same({ xmlns = "jabber:iq:register", ["xml:lang"] = "de" }, query.tags[1].attr);
		assert.same({ "Wähle <einen> Namen" }, { table.unpack(query.tags[1]) });
		assert.same({}, query.tags[2].tags);
		for _, element in ipairs({ stanza, query, query.tags[1], query.tags[2] }) do
			assert.equal(metatable, getmetatable(element));
		end
		local code = select(3, muster.stanza("<iq>", metatable));
		assert.equal("malformed", code);
		assert.is_nil((muster.stanza(("<a>"):rep(101)..("</a>"):rep(101), metatable)));
		assert.has_error(function () muster.stanza("<iq/>"); end);
	end);

	it("throws at arguments that are none", function ()
		assert.has_error(function () muster.open(); end);
		assert.has_error(function () muster.open({}); end);
		assert.has_error(function () muster.open(path, 5); end);
	end);

	it("opens a path once", function ()
		assert.equal(engine, (muster.open(path.."/store")));
	end);

	it("says why a store cannot be opened", function ()
		assert(io.open(path.."/file", "w")):close();
		local text = assert_failure("not-a-directory", muster.open(path.."/file"));
		assert.matches(path.."/file", text, 1, true);
		assert.is_nil((muster.open(path.."/none/store")));
		assert_failure("bad-option", muster.open(path.."/other", { map_size = "big" }));
		assert_failure("bad-option", muster.open(path.."/other", { map_size = 1 }));
		assert_failure("bad-option", muster.open(path.."/other", { hash_threads = 0.5 }));
	end);

	it("has one server", function ()
		local code = "print(select(3, muster.open(store, { server = true })), (muster.open(store)) ~= nil)";
		assert.equal("in-use\ttrue\n", place.elsewhere(path.."/store", code));
	end);
end);

describe("an engine", function ()
	it("is watched and drained", function ()
		assert.is_true(engine:fd() >= 0);
		assert.same({ 0 }, { engine:drain() });
	end);

	it("tells where it is and how it does", function ()
		register("juliet");
		assert.equal(path.."/store", engine:path());
		local measures = engine:measure();
		assert.equal(1, measures.accounts);
		assert.equal(1, measures.threads);
		assert.equal(0, measures.queued);
		assert.equal(0, measures.dropped);
		assert.is_true(measures.used_bytes > 0 and measures.used_bytes < measures.map_bytes);
		for _, timing in ipairs({ measures.hash, measures.commit }) do
			assert.equal(#timing.bounds + 1, #timing.within);
		end
		assert.equal(0, measures.hash.count);
		assert.equal(0, measures.hash.longest);
		local done;
		host:register({ username = "romeo", password = "secret" }):submit(function () done = true; end);
		place.drain_until(engine, function () return done; end);
		for _, timing in ipairs({ engine:measure().hash, engine:measure().commit }) do
			assert.is_true(timing.count == 1 and timing.mean > 0 and timing.longest == timing.mean);
			local counted = 0;
			for _, times in ipairs(timing.within) do
				counted = counted + times;
			end
			assert.equal(1, counted);
		end
	end);

	it("copies its store, beside all else", function ()
		register("juliet");
		local results;
		local function back_up(directory)
			results = nil;
			assert.is_true(engine:backup(directory, function (...) results = table.pack(...); end));
			place.drain_until(engine, function () return results; end);
			return table.unpack(results, 1, results.n);
		end
		local copy = back_up(path.."/copy");
		assert.equal(1, copy.accounts);
		assert.is_true(copy.bytes > 0);
		assert.matches(path.."/copy", assert_failure("exists", back_up(path.."/copy")), 1, true);
		assert_failure("io", back_up(path.."/none/at/all"));
		local other = assert(muster.open(path.."/copy"));
		assert.equal(1, other:measure().accounts);
		other:close();
		assert.has_error(function () engine:backup(path.."/third"); end);
		assert.has_error(function () engine:backup({}, print); end);
	end);

	it("finishes a backup before it is closed", function ()
		local copy;
		assert.is_true(engine:backup(path.."/copy", function (result) copy = result; end));
		engine:close();
		assert.equal(0, copy.accounts);
		assert_failure("closed", engine:backup(path.."/other", print));
	end);

	it("seals accounts anew by the pepper in force", function ()
		local file = path.."/peppers";
		local function reopen(...)
			engine:close();
			local lines = assert(io.open(file, "w"));
			assert(lines:write(table.concat({ ... }, "\n")));
			lines:close();
			os.execute("chmod 600 "..file);
			local text, code;
			engine, text, code = muster.open(path.."/store", { server = true, pepper_file = file });
			return engine, text, code;
		end
		local one, two = "one "..("1"):rep(32), "two "..("2"):rep(32);
		host = assert(assert(reopen(one)):host("localhost", { default_iteration_count = 4096 }));
		assert.same({ "one", true }, { engine:measure().pepper, engine:measure().resealing });
		register("juliet");
		local sealed, more;
		local function reseal()
			sealed = nil;
			assert.is_true(engine:reseal(function (...) sealed, more = ...; end));
			place.drain_until(engine, function () return sealed; end);
			return sealed, more;
		end
		assert.same({ 1, false }, { reseal() });
		assert.is_false(engine:reseal(print));
		assert.is_false(engine:measure().resealing);
		assert.has_error(function () engine:reseal(); end);
		assert.matches("by the pepper one", assert_failure("no-pepper", reopen(two)));
		engine = assert(muster.open(path.."/other"));
		assert_failure("bad-option", reopen("one short"));
		engine = assert(muster.open(path.."/other"));
		host = assert(assert(reopen(two, one)):host("localhost", {}));
		assert.same({ 1, false }, { reseal() });
		assert.is_true(run("check_password", { username = "juliet", password = "secret" }).ok);
		engine:close();
		assert_failure("closed", engine:reseal(print));
	end);

	it("calls every callback, whatever another one throws", function ()
		local called, count, thrown = 0, 0, nil;
		for i = 1, 5 do
			local operation = host:register({ username = "user"..i, password = "secret" });
			operation:submit(function () called = called + 1; error("oops", 0); end);
		end
		local deadline = os.time() + 60;
		repeat
			local taken, errors = engine:drain();
			count, thrown = count + taken, errors or thrown;
		until called == 5 or os.time() > deadline;
		assert.equal(5, called);
		assert.equal(5, count);
		assert.equal("oops", thrown[1]);
	end);

	it("notices commits, its own and those of others", function ()
		local before = engine:generation();
		assert.equal(before, engine:generation());
		register("juliet");
		assert.not_equal(before, engine:generation());
	end);

	it("returns the effects of another process once, in order, until they are carried out", function ()
		local printed = place.elsewhere(path.."/store", [[
			local host = muster.open(store):host("example.org");
			for _, name in ipairs({ "romeo", "juliet" }) do
				assert(host:register({ username = name, password = "x", door = "tool" }):run().ok);
			end
			assert(host:unregister({ username = "romeo", door = "tool" }):run().ok);]]);
		assert.equal("", printed);
		local effects = engine:effects();
		local seen = {};
		for i, effect in ipairs(effects) do
			seen[i] = effect.effect.." "..effect.username;
			assert.equal("example.org", effect.host);
			assert.equal("tool", effect.door);
			assert.is_true(math.abs(os.time() - effect.at) < 60);
		end
		assert.same({ "registered romeo", "registered juliet", "deleted romeo" }, seen);
		assert.same({}, engine:effects());
		assert.equal(3, engine:measure().effects);
		for _, effect in ipairs(effects) do
			assert.is_true(engine:carried_out(effect.id));
		end
		engine:close();
		engine = muster.open(path.."/store", { server = true });
		assert.same({}, engine:effects());
	end);

	it("answers whoever waits when it is closed, and is closed then", function ()
		local outcomes = {};
		for i = 1, 50 do
			assert(host:register({ username = "user"..i, password = "secret" })):submit(function (outcome)
				table.insert(outcomes, outcome);
				engine:close();
			end);
		end
		local waiting = host:register({ username = "late", password = "secret" });
		local exchange = host:login("PLAIN");
		assert.is_true(engine:close());
		assert.is_true(engine:close());
		assert.equal(50, #outcomes);
		for _, outcome in ipairs(outcomes) do
			assert.is_true(outcome.ok or outcome.error == "closed");
		end
		for _, call in ipairs({ "fd", "drain", "path", "measure", "generation", "effects" }) do
			assert_failure("closed", engine[call](engine));
		end
		assert_failure("closed", engine:carried_out(1));
		assert_failure("closed", engine:host("example.org"));
		assert_failure("closed", host:exists("juliet"));
		assert_failure("closed", host:info("juliet"));
		assert_failure("closed", host:register({ username = "juliet", password = "x" }));
		assert_failure("closed", host:login("PLAIN"));
		assert_failure("closed", host:handle("<iq/>", { sender = "stream" }));
		assert.equal("closed", waiting:run().error);
		assert.same({ "failure", "temporary-auth-failure" }, { table.unpack({ exchange:step("\0a\0b") }, 1, 2) });
		assert.has_error(function () host:users()(); end);
	end);

	it("is closed by the collector, which calls nobody", function ()
		local other = muster.open(path.."/other");
		other:host("example.org"):register({ username = "juliet", password = "x" }):submit(error);
		other:close();
		collectgarbage();
	end);
end);
