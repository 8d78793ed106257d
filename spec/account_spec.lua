-- Hosts and operations as docs/lua-api.md has them: what they return, throw at, and say of the world's errors.

package.path = "spec/support/?.lua;"..package.path;
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

-- Submit and wait; returns what the callback got
local function submit(job)
	local results;
	assert.is_true(job:submit(function (...) results = table.pack(...); end));
	place.drain_until(engine, function () return results; end);
	return table.unpack(results, 1, results.n);
end

describe("a host", function ()
	it("has a prepared name and its settings", function ()
		assert.equal("example.org", host:name());
		assert.is_true(host:announces());
		assert.is_true(host:requires_tls());
		local other = engine:host("example.org", { c2s_require_encryption = false, allow_registration = false });
		assert.is_false(other:announces());
		assert.is_false(other:requires_tls());
	end);

	it("takes fields of one's own, and gives several values as a list", function ()
		local colours = { name = "x-colours", type = "list-multi", options = { "red", { value = "blue", label = "Blue" } } };
		local forms = assert(engine:host("example.org", { additional_registration_fields = { "nick", colours } }));
		local outcome = forms:handle("<iq type='set' id='1'><query xmlns='jabber:iq:register'>"
			.."<x xmlns='jabber:x:data' type='submit'>"
			.."<field var='username'><value>juliet</value></field><field var='password'><value>x</value></field>"
			.."<field var='nick'><value>Jule</value></field>"
			.."<field var='x-colours'><value>red</value><value>blue</value></field></x></query></iq>",
			{ sender = "stream", secure = true, stream_host = "example.org" });
		local fields = { nick = "Jule", ["x-colours"] = { "red", "blue" } };
		assert.same(fields, outcome.operation:fields());
		assert.is_nil(outcome.operation:run().code);
		assert.same(fields, forms:info("juliet").fields);
	end);

	it("gives devices secrets of their own, and takes them back", function ()
		assert.is_true(register("juliet").ok);
		assert.same({}, host:info("juliet").devices);
		local order = { username = "Juliet", device = " Phone ", door = "console", actor = "romeo@example.org" };
		local made = run("make_device", order);
		assert.matches("^%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w$", made.secret);
		assert.equal("make-device", made.action);
		assert.equal(0, #made);
		local device = host:info("juliet").devices[1];
		assert.equal("Phone", device.name);
		assert.is_true(device.created > 0);
		assert.is_nil(device.used);
		local again = assert(host:make_device(order)):look();
		assert.same({ "exists", "devices", "There is a device of that name already." },
			{ again.error, again.rule, again.text });
		assert_failure("bad-name", host:make_device({ username = "juliet", device = "" }));
		assert_failure("bad-name", host:make_device({ username = "juliet" }));
		assert_failure("not-found", host:make_device({ username = "romeo", device = "Phone" }));
		assert.equal("refused", assert(host:revoke_device({ username = "juliet", device = "TV" })):run().error);
		local revoked = run("revoke_device", order);
		assert.is_true(revoked.ok);
		assert.is_nil(revoked.secret);
		assert.same({ "device-revoked", "Phone", "not-authorized" },
			{ revoked[1].effect, revoked[1].device, revoked[1].condition });
		assert.same({}, host:info("juliet").devices);
		local none = assert(engine:host("example.org", { muster_max_devices = 0 }));
		assert.equal("refused", assert(none:make_device(order)):look().error);
		assert.matches("muster_max_devices", (assert_failure("bad-option",
			engine:host("example.org", { muster_max_devices = 101 }))));
	end);

	it("names an option that cannot be used, its value and what is allowed", function ()
		local text = assert_failure("bad-option", engine:host("example.org", { default_iteration_count = 5 }));
		assert.matches("default_iteration_count", text);
		assert.matches("5", text);
		assert.matches("4096", text);
		assert_failure("bad-option", engine:host("example.org", { muster_registration = "perhaps" }));
		assert_failure("bad-option", engine:host("example.org", { muster_scram = { print } }));
		assert.has_error(function () engine:host("example.org", 5); end);
		assert.has_error(function () engine:host(); end);
	end);

	it("handles stanzas with the facts that belong to them", function ()
		assert.has_error(function () host:handle("<iq/>"); end);
		assert.has_error(function () host:handle("<iq/>", { sender = "me" }); end);
		assert.has_error(function () host:handle("<iq/>", { sender = "account" }); end);
		assert.has_error(function () host:handle(nil, { sender = "stream" }); end);
		local facts = { sender = "stream", secure = true, stream_host = "example.org" };
		local query = "<query xmlns='jabber:iq:register'/>";
		assert.same({ ok = true }, host:handle("<iq type='result' id='r'>"..query.."</iq>", facts));
		local shown = host:handle("<iq type='get' id='r'>"..query.."</iq>", facts);
		assert.is_true(shown.ok);
		assert.equal("send", shown[1].kind);
		assert.is_nil(shown[2]);
	end);

	-- As util.stanza has it: children in their order from 1 on
	local function element(name, attr, ...)
		return { name = name, attr = attr, tags = {}, ... };
	end

	local function registration(username, password, ...)
		return element("iq", { type = "set", id = "r" },
			element("query", { xmlns = "jabber:iq:register" }, "\n\t",
				element("username", { xmlns = "jabber:iq:register" }, username),
				element("password", {}, table.unpack(type(password) == "table" and password or { password })), ...));
	end

	local stranger = { sender = "stream", secure = true, stream_host = "example.org" };

	it("takes stanzas as tables, with what is inherited and what comes in pieces", function ()
		local never = setmetatable({}, { __index = error, __len = error });
		local stanza = setmetatable(registration("Juliet", { "r0m", "30 & <>" }), getmetatable(never));
		local operation = assert(host:handle(stanza, stranger)).operation;
		assert.equal("juliet", operation:username());
		assert.is_true(operation:run().ok);
		assert.is_true(run("check_password", { username = "juliet", password = "r0m30 & <>" }).ok);
		local taken = host:handle(registration("juliet", "x"), stranger).operation:look();
		assert.matches("<conflict", taken[1].xml, 1, true);
	end);

	it("refuses tables that no stanza could be", function ()
		local function condition(stanza)
			local answer = assert(host:handle(stanza, stranger))[1].xml;
			return answer:match("<([a-z-]+) xmlns='urn:ietf:params:xml:ns:xmpp%-stanzas'/>");
		end
		local deep = element("a", {});
		for _ = 1, 25 do
			deep = element("a", {}, deep);
		end
		local many = element("many", {});
		for i = 1, 250 do
			many[i] = element("a", {});
		end
		local attributes = {};
		for i = 1, 450 do
			attributes["a"..i] = "";
		end
		for _, large in ipairs({ deep, many, element("a", attributes), ("x"):rep(70000),
			element("a", { b = ("x"):rep(70000) }), element(("x"):rep(70000), {}),
			element("a", { xmlns = ("x"):rep(70000) }) }) do
			assert.equal("policy-violation", condition(registration("romeo", "x", large)));
		end
		local circle = element("a", {});
		circle[1] = circle;
		assert.equal("policy-violation", condition(registration("romeo", "x", circle)));
		for _, wrong in ipairs({ "\0", "\27", "\xff", "\xed\xa0\x80", "\xef\xbf\xbf", "\xc0\xaf", true, 1, print, {},
			element(nil, {}), element("", {}), element("a:b", {}), element("a", nil), element("a", { [1] = "b" }),
			element("a", { b = 1 }), element("a", { b = "\0" }), element("a", { ["x:b"] = "" }),
			element("a", { ["x\1"] = "" }),
			element("a", { ["\27\1b"] = "" }), element("a", { xmlns = {} }), element("a", { xmlns = 1 }),
			element("a", { xmlns = "\xff" }) }) do
			assert.equal("bad-request", condition(registration("romeo", "x", wrong)));
		end
		assert.equal("bad-request", condition({}));
		assert.equal("bad-request", condition(element("message", {})));
		local fine = element("x", { ["urn:b\1c"] = "d", xmlns = "urn:a" }, "\u{10ffff}\r");
		assert.is_truthy(host:handle(registration("romeo", "secret", fine), stranger).operation);
	end);

	it("reads accounts", function ()
		register("Juliet");
		assert.is_true(host:exists("JULIET"));
		assert.is_false(host:exists("romeo"));
		assert.is_false(host:exists("no name"));
		local info = host:info("juliet");
		assert.equal("juliet", info.username);
		assert.equal("enabled", info.state);
		assert.same({}, info.fields);
		assert.same({ ["SHA-1"] = 10000, ["SHA-256"] = 10000 }, info.iterations);
		for _, field in ipairs({ "created", "password_changed", "changed" }) do
			assert.is_true(math.abs(os.time() - info[field]) < 60);
		end
		assert_failure("not-found", host:info("romeo"));
		local keys = host:keys("juliet", "SHA-256");
		assert.is_true(keys.iterations >= 10000 and #keys.salt >= 16);
		assert.same({ 32, 32 }, { #keys.stored_key, #keys.server_key });
		assert.equal(20, #host:keys("juliet", "SHA-1").stored_key);
		assert_failure("not-found", host:keys("romeo", "SHA-1"));
		assert.has_error(function () host:keys("juliet", "MD5"); end);
		assert.has_error(function () host:exists(); end);
	end);

	it("walks over its own users", function ()
		assert.is_nil((host:users()()));
		local expected = {};
		for i = 1, 300 do -- more than one page
			assert(run("create", { username = "user"..i }).ok);
			expected["user"..i] = "unfinished";
		end
		engine:host("example.net"):create({ username = "stranger" }):run();
		local users = {};
		for username, state in host:users() do
			users[username] = state;
		end
		assert.same(expected, users);
	end);

	it("lists the names that it keeps, and gives them free", function ()
		assert.same({}, host:tombstones());
		local hourly = engine:host("example.org", { user_tombstone_expiry = 3600 });
		register("juliet");
		run("unregister", { username = "juliet" });
		local at = host:tombstones()[1].at;
		assert.is_true(math.abs(os.time() - at) < 60);
		assert.same({ { username = "juliet", at = at } }, host:tombstones());
		assert.same({ { username = "juliet", at = at, ["until"] = at + 3600 } }, hourly:tombstones());
		local own = { username = "Juliet", password = "secret", self_service = true };
		assert.equal("exists", run("register", own).error);
		assert.is_true(run("release", { username = "JULIET" }).ok);
		assert.same({}, host:tombstones());
		assert.equal("not-found", run("release", { username = "juliet" }).error);
		assert.is_true(run("register", own).ok);
	end);
end);

describe("an operation", function ()
	it("is made from an order that can be carried out", function ()
		assert.is_string((assert_failure("bad-name", host:register({ username = "a b", password = "x" }))));
		assert_failure("bad-password", host:register({ username = "a", password = "" }));
		assert.has_error(function () host:register(); end);
		assert.has_error(function () host:register({ password = "x" }); end);
		assert.has_error(function () host:register({ username = 5, password = "x" }); end);
		assert.has_error(function () host:register({ username = "a", password = "x", fields = { 1 } }); end);
	end);

	it("tells what it is about", function ()
		local order = { username = "Juliet", password = "x", fields = { email = "j@example.org" } };
		local operation = host:register(order);
		assert.equal("register", operation:kind());
		assert.equal("juliet", operation:username());
		assert.same({ email = "j@example.org" }, operation:fields());
		assert.is_nil(operation:look());
		assert.is_true(operation:run().ok);
		assert.same({ email = "j@example.org" }, host:info("juliet").fields);
	end);

	it("is vetoed", function ()
		local outcome = host:register({ username = "juliet", password = "x" }):veto();
		assert.same({ false, "refused" }, { outcome.ok, outcome.error });
		local operation = host:register({ username = "juliet", password = "x" });
		assert.has_error(function () operation:veto("no"); end);
		assert.has_error(function () operation:veto({ text = {} }); end);
		assert.equal("No.", operation:veto({ text = "No." }).text);
		assert.is_false(host:exists("juliet"));
	end);

	it("finds a name taken, by look and by run", function ()
		register("juliet");
		local first = host:register({ username = "juliet", password = "x" });
		assert.equal("exists", first:look().error);
		assert.equal("exists", register("juliet").error);
	end);

	it("runs and submits", function ()
		local outcome = register("juliet");
		assert.is_true(outcome.ok);
		assert.same({ "effect", "registered", "example.org", "juliet" },
			{ outcome[1].kind, outcome[1].effect, outcome[1].host, outcome[1].username });
		outcome = submit(host:change_password({ username = "juliet", password = "other" }));
		assert.equal("password-changed", outcome[1].effect);
		assert.equal("reset", outcome[1].condition);
		assert.same({ ok = true, action = "check-password" },
			submit(host:check_password({ username = "juliet", password = "other" })));
		assert.equal("wrong-password", run("check_password", { username = "juliet", password = "x" }).error);
		assert.equal("wrong-password", run("check_password", { username = "romeo", password = "x" }).error);
		assert.equal("deleted", submit(host:unregister({ username = "juliet" }))[1].effect);
		assert.equal("not-found", run("unregister", { username = "juliet" }).error);
	end);

	it("is used once", function ()
		local operation = host:register({ username = "juliet", password = "x" });
		assert.has_error(function () operation:submit(); end);
		operation:run();
		for _, call in ipairs({ "kind", "username", "fields", "look", "veto", "run" }) do
			assert.has_error(function () operation[call](operation); end);
		end
		assert.has_error(function () operation:submit(print); end);
	end);

	it("finishes an account in steps, disables and enables it", function ()
		assert.is_true(run("create", { username = "juliet" }).ok);
		assert.equal("unfinished", host:info("juliet").state);
		assert.equal("exists", run("create", { username = "juliet" }).error);
		assert.is_true(run("change_password", { username = "juliet", password = "secret" }).ok);
		assert.is_true(run("enable", { username = "juliet" }).ok);
		assert.is_true(run("check_password", { username = "juliet", password = "secret" }).ok);
		assert.equal("disabled", run("disable", { username = "juliet", reason = "spam" })[1].effect);
		assert.same({ "disabled", "spam" }, { host:info("juliet").state, host:info("juliet").reason });
		assert.equal("disabled", run("check_password", { username = "juliet", password = "secret" }).error);
		assert.equal("enabled", run("enable", { username = "juliet" })[1].effect);
		assert.equal("enabled", host:info("juliet").state);
	end);
end);

describe("a service", function ()
	local service;
	local juliet = { sender = "other", full_jid = "juliet@capulet.lit/balcony" };
	local function ask(payload)
		local xml = ("<iq type='set' id='s1'><query xmlns='jabber:iq:register'>%s</query></iq>"):format(payload);
		return assert(assert(service:handle(xml, juliet)).operation):run();
	end

	before_each(function ()
		service = assert(engine:service("contests.example.org", {
			additional_registration_fields = { "username+", "password+" };
		}));
	end);

	it("closes nobody's streams", function ()
		local one = ask("<username>J</username><password>x</password>");
		assert.same({ "effect", "registered", "juliet@capulet.lit" }, { one[2].kind, one[2].effect, one[2].username });
		local order = { username = "juliet@capulet.lit", password = "other" };
		local outcomes = { service:change_password(order):run(), ask("<remove/>") };
		assert.equal("password-changed", outcomes[1][1].effect);
		assert.equal("deleted", outcomes[2][2].effect);
		place.elsewhere(path.."/store", [[
			local service = muster.open(store):service("contests.example.org",
				{ additional_registration_fields = { "password" } });
			local order = { username = "romeo@montague.lit", password = "x" };
			service:register(order):run();
			service:change_password(order):run();
		]]);
		local left = engine:effects();
		assert.equal("password-changed", left[#left].effect);
		for _, effect in ipairs({ outcomes[1][1], outcomes[2][2], table.unpack(left) }) do
			assert.is_nil(effect.condition);
			assert.is_nil(effect.text);
		end
	end);
end);
