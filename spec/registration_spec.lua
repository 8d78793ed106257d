-- A whole host in plain Lua: registration, login, change and removal of accounts as stanzas and SASL messages.

package.path = "spec/support/?.lua;"..package.path;
local host = require "host";
local place = require "place";

local stranger = { sender = "stream", secure = true, stream_host = "example.org", address = "192.0.2.1" };

local function account(name)
	return { sender = "account", secure = true, username = name, full_jid = name.."@example.org/home" };
end

local function set(payload, id)
	return ("<iq type='set' id='%s'><query xmlns='jabber:iq:register'>%s</query></iq>"):format(id or "s1", payload);
end

local function credentials(name, password)
	return ("<username>%s</username><password>%s</password>"):format(name, password);
end

describe("a host in plain Lua", function ()
	local path, bare;

	before_each(function ()
		path = place.new();
		bare = host.new(path.."/store");
	end);
	after_each(function ()
		bare.engine:close();
		place.remove(path);
		collectgarbage();
	end);

	local function register(name, password)
		return bare:ask(set(credentials(name, password)), stranger);
	end

	it("shows a stranger what to fill in", function ()
		local answer = bare:ask("<iq type='get' id='g1'><query xmlns='jabber:iq:register'/></iq>", stranger);
		assert.matches("type='result'", answer);
		assert.matches("id='g1'", answer);
		assert.matches("<instructions>.+</instructions><username/><password/>", answer);
	end);

	it("registers, and the account logs in", function ()
		assert.matches("type='result'", register("juliet", "balcony"));
		assert.equal("success", (bare:log_in("juliet", "balcony")));
		assert.equal("success", (bare:log_in("JULIET", "balcony")));
		assert.same({ "failure", "not-authorized" }, { table.unpack({ bare:log_in("juliet", "Balcony") }, 1, 2) });
		assert.same({ "registered juliet" }, bare.events);
	end);

	it("gives a name away once", function ()
		register("juliet", "balcony");
		local answer = register("Juliet", "other");
		assert.matches("<error type='cancel' code='409'><conflict", answer);
		assert.not_matches("other", answer);
		assert.equal("success", (bare:log_in("juliet", "balcony")));
		assert.same({ "registered juliet" }, bare.events);
	end);

	it("gives a name to one of twenty who ask at once", function ()
		bare.engine:close();
		bare = host.new(path.."/store", { muster_throttle = false }); -- all from one address
		local streams = {};
		for i = 1, 20 do
			streams[i] = {};
			bare:receive(set(credentials("juliet", "password"..i)), stranger, streams[i]);
		end
		bare:wait(function ()
			for _, stream in ipairs(streams) do
				if not stream.done then return false; end
			end
			return true;
		end);
		local winner;
		for i, stream in ipairs(streams) do
			if stream[1]:find("type='result'") then
				assert.is_nil(winner);
				winner = i;
			else
				assert.matches("<conflict", stream[1]);
			end
		end
		assert.equal("success", (bare:log_in("juliet", "password"..winner)));
		assert.same({ "registered juliet" }, bare.events);
	end);

	it("lets other code refuse, and tells it no password", function ()
		local asked;
		bare.veto = function (name, fields)
			asked = { name, fields };
			return { type = "auth", condition = "forbidden", text = "Not you & <you>" };
		end;
		local answer = register("juliet", "balcony");
		assert.matches("<error type='auth' code='403'><forbidden", answer);
		assert.matches("Not you &amp; &lt;you&gt;", answer);
		assert.same({ "juliet", {} }, asked);
		assert.equal("failure", (bare:log_in("juliet", "balcony")));
		assert.same({}, bare.events);
	end);

	it("knows who is registered", function ()
		register("juliet", "balcony");
		local answer = bare:ask("<iq type='get' id='g1'><query xmlns='jabber:iq:register'/></iq>", account("juliet"));
		assert.matches("<registered/>", answer);
		assert.matches("<username>juliet</username>", answer);
		assert.matches("<password/>", answer);
		assert.matches("to='juliet@example.org/home'", answer);
	end);

	it("changes a password", function ()
		register("juliet", "balcony");
		local answer, closed = bare:ask(set(credentials("juliet", "tomb")), account("juliet"));
		assert.matches("type='result'", answer);
		assert.is_nil(closed);
		assert.equal("success", (bare:log_in("juliet", "tomb")));
		assert.equal("failure", (bare:log_in("juliet", "balcony")));
		assert.same({ "registered juliet", "password-changed juliet" }, bare.events);
	end);

	it("changes nobody else's password", function ()
		register("juliet", "balcony");
		register("romeo", "street");
		local answer = bare:ask(set(credentials("juliet", "mine")), account("romeo"));
		assert.matches("<forbidden", answer);
		assert.equal("success", (bare:log_in("juliet", "balcony")));
	end);

	it("removes an account: answer first, then closing", function ()
		register("juliet", "balcony");
		local answer, closed = bare:ask(set("<remove/>"), account("juliet"));
		assert.matches("type='result'", answer);
		assert.equal("not-authorized", closed);
		assert.same({ "failure", "not-authorized" }, { table.unpack({ bare:log_in("juliet", "balcony") }, 1, 2) });
		assert.same({ "registered juliet", "deleted juliet" }, bare.events);
		assert.matches("<conflict", register("juliet", "again"));
	end);

	it("refuses what cannot be a name or a password", function ()
		for _, payload in ipairs({ credentials("", "x"), credentials("ju liet", "x"), credentials("a@b", "x"),
			credentials("juliet", ""), credentials("juliet", ("x"):rep(1000)), "<username>juliet</username>", "" }) do
			assert.matches("<error type='modify' code='406'><not%-acceptable", bare:ask(set(payload), stranger));
		end
		assert.same({}, bare.events);
	end);

	it("refuses a plain stream", function ()
		local plain = { sender = "stream", secure = false, stream_host = "example.org" };
		assert.matches("<policy%-violation", bare:ask(set(credentials("juliet", "balcony")), plain));
		assert.is_false(bare.accounts:exists("juliet"));
	end);

	it("answers what is no request with an error that repeats nothing", function ()
		for _, xml in ipairs({ "", "<iq", "<iq type='set'>", "<!DOCTYPE iq []><iq/>", "<iq type='set'/>",
			"<message/>", set("<password>secret</password>"):rep(2) }) do
			local facts = { sender = "stream", secure = true, stream_host = "example.org", id = "x1" };
			local stream = {};
			bare:receive(xml, facts, stream);
			assert.is_true(stream.done);
			assert.not_matches("secret", table.concat(stream));
		end
	end);

	it("keeps its accounts", function ()
		register("juliet", "balcony");
		bare.engine:close();
		bare = host.new(path.."/store");
		assert.equal("success", (bare:log_in("juliet", "balcony")));
	end);

	it("keeps out whom its options keep out", function ()
		bare.engine:close();
		bare = host.new(path.."/store", { muster_registration = "closed" });
		assert.is_false(bare.accounts:announces());
		assert.matches("<error type='cancel' code='503'><service%-unavailable", register("juliet", "balcony"));
		assert.is_false(bare.accounts:exists("juliet"));
	end);
end);
