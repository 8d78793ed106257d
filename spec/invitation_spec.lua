-- Invitations by name, and shown on the streams of a host in plain Lua.

package.path = "spec/support/?.lua;"..package.path;
local muster = require "muster";
local new_host = require "host".new;
local place = require "place";

describe("invitations", function ()
	local path, bare, accounts;

	before_each(function ()
		path = place.new();
		bare = new_host(path.."/store", { muster_registration = "invite", muster_throttle = false });
		accounts = bare.accounts;
	end);
	after_each(function ()
		bare.engine:close();
		place.remove(path);
		collectgarbage();
	end);

	local function run(kind, order)
		local operation, text, code = accounts[kind](accounts, order);
		if not operation then
			return { ok = false, error = code, text = text };
		end
		return operation:look() or operation:run();
	end

	local function stream()
		return {
			sender = "stream", secure = true, stream_host = "example.org", address = "192.0.2.1", stream = muster.stream();
		};
	end

	local function show(token, facts)
		return (bare:ask(("<iq type='set' id='p'><preauth xmlns='urn:xmpp:pars:0' token='%s'/></iq>"):format(token), facts));
	end

	local function register(name, facts)
		return (bare:ask(("<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>%s</username>"
			.."<password>balcony</password></query></iq>"):format(name), facts));
	end

	it("are made, listed and taken back", function ()
		local made = run("invite", { kind = "register", username = "Juliet", role = "member", note = "hers", uses = 1 });
		assert.is_true(made.ok);
		assert.matches("^%w+$", made.token);
		assert.equal(24, #made.token);
		local list, position = accounts:invitations();
		assert.is_nil(position);
		assert.equal(1, #list);
		local row = list[1];
		assert.equal(made.invitation, row.id);
		assert.same({ "register", "open", "juliet", "member", "hers", 1, false },
			{ row.kind, row.state, row.username, row.role, row.note, row.uses, row.roster });
		assert.equal(7 * 86400, row["until"] - row.created);
		assert.equal(made["until"], row["until"]);
		assert.is_true(run("revoke", { username = made.invitation }).ok);
		assert.equal("not-found", run("revoke", { username = made.invitation }).error);
		assert.same({}, (accounts:invitations()));
		assert.equal(math.huge, (function ()
			run("invite", { kind = "register", uses = math.huge });
			return accounts:invitations()[1].uses;
		end)());
	end);

	it("are not made of nonsense", function ()
		for _, order in ipairs({
			{}, { kind = "other" }, { kind = "foreign" }, { kind = "reset" }, { kind = "contact" };
			{ kind = "register", roster = true }, { kind = "register", username = "juliet", uses = 2 };
			{ kind = "register", ["until"] = 1 };
		}) do
			assert.equal("malformed", run("invite", order).error);
		end
		assert.equal("bad-name", run("invite", { kind = "register", username = "a b" }).error);
		assert.equal("not-found", run("invite", { kind = "register", inviter = "nobody@example.org" }).error);
		for _, uses in ipairs({ 0, -1, "2", 0 / 0 }) do
			assert.has_error(function () accounts:invite({ kind = "register", uses = uses }); end);
		end
		assert.has_error(function () accounts:invitees(); end);
	end);

	it("let one register, and the next is judged without", function ()
		local made = run("invite", { kind = "register" });
		local one, other = stream(), stream();
		assert.matches("<forbidden", register("juliet", one));
		assert.matches("<item%-not%-found", show("guess", one));
		assert.matches("type='result'", show(made.token, one));
		assert.matches("type='result'", show(made.token, other));
		assert.matches("type='result'", register("juliet", one));
		assert.matches("<forbidden", register("nurse", other));
		assert.matches("<item%-not%-found", show(made.token, stream()));
		assert.same({ "registered juliet" }, bare.events);
	end);

	it("of another module count once", function ()
		local facts = stream();
		facts.foreign = { token = "stock", name = "juliet", inviter = "romeo@example.net", ["until"] = os.time() + 60 };
		assert.matches("type='result'", show("stock", facts));
		assert.matches("<not%-acceptable", register("nurse", facts));
		assert.matches("type='result'", register("juliet", facts));
		assert.equal("romeo@example.net", accounts:info("juliet").inviter);
		assert.same({ "juliet" }, (accounts:invitees("romeo@example.net")));
		local again = stream();
		again.foreign = facts.foreign;
		assert.matches("<item%-not%-found", show("stock", again));
		assert.equal("foreign", accounts:invitations()[1].kind);
		assert.has_error(function () show("x", { sender = "stream", foreign = true }); end);
	end);

	it("come with their effects", function ()
		assert.is_true(run("register", { username = "romeo", password = "secret", door = "console" }).ok);
		local made = run("invite", { kind = "register", inviter = "romeo@example.org", roster = true, role = "member" });
		local operation = accounts:register({ username = "juliet", password = "secret", token = made.token });
		assert.equal(made.invitation, (operation:invitation()));
		local outcome = operation:look() or operation:run();
		assert.same({ "registered", "member", "romeo@example.org", made.invitation },
			{ outcome[1].effect, outcome[1].role, outcome[1].contact, outcome[1].invitation });
		local _, _, code = accounts:register({ username = "nurse", password = "secret", token = made.token });
		assert.equal("spent", code);
		made = run("invite", { kind = "contact", inviter = "romeo@example.org" });
		outcome = run("befriend", { username = "romeo", token = made.token, contact = "nurse@example.net/x" });
		assert.same({ "befriended", "romeo", "nurse@example.net" },
			{ outcome[1].effect, outcome[1].username, outcome[1].contact });
		assert.equal("not-found",
			run("befriend", { username = "romeo", token = made.token, contact = "paris@example.net" }).error);
	end);

	it("are found out late", function ()
		local operation = accounts:register({ username = "juliet", password = "secret" });
		assert.same({ nil, false, n = 2 }, table.pack(operation:invitation()));
		assert.same({ nil, "not-found" }, { operation:invited({ token = "t", name = "nurse" }), "not-found" });
		assert.is_true(operation:invited({ token = "t" }));
		local id, foreign = operation:invitation();
		assert.matches("^%x+$", id);
		assert.is_true(foreign);
		assert.is_true(operation:run().ok);
		operation = accounts:register({ username = "nurse", password = "secret" });
		assert.is_true(operation:invited({ token = "t" }));
		assert.equal("spent", operation:run().error);
	end);

	it("are limited by a quota", function ()
		local limited = assert(bare.engine:host("example.org", { muster_invite_quota = { limit = 1, period = 3600 } }));
		assert.is_true(run("register", { username = "romeo", password = "secret" }).ok);
		accounts = limited;
		local order = { kind = "register", inviter = "romeo@example.org", self_service = true };
		assert.is_true(run("invite", order).ok);
		local refused = run("invite", order);
		assert.same({ "refused", "invite-quota" }, { refused.error, refused.rule });
		for _, quota in ipairs({ 3, { limit = 0 }, { period = 1 }, { limit = 1, ipv4 = 8 } }) do
			local host, text = bare.engine:host("example.org", { muster_invite_quota = quota });
			assert.is_nil(host);
			assert.matches("muster_invite_quota", text);
		end
		assert.is_nil((bare.engine:host("example.org", { invite_expiry = 0 })));
	end);
end);
