-- A host's rules as docs/lua-api.md has them: explained, steered and read, with patterns that Lua matches.

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

local function with(options)
	return assert(engine:host("example.org", options));
end

local function run(at, kind, order)
	local operation = assert(at[kind](at, order));
	return operation:look() or operation:run();
end

local function set(name, password)
	return ("<iq type='set' id='1'><query xmlns='jabber:iq:register'><username>%s</username><password>%s</password>"
		.."</query></iq>"):format(name, password or "secret");
end

local function stranger(address, facts)
	facts = facts or {};
	facts.sender, facts.secure, facts.stream_host, facts.address = "stream", true, "example.org", address;
	return facts;
end

-- Ask and complete; `found_out(operation)` is called between. Returns what was sent.
local function ask(at, xml, facts, found_out)
	local outcome = assert(at:handle(xml, facts));
	if outcome.operation then
		if found_out then found_out(outcome.operation); end
		outcome = outcome.operation:look() or outcome.operation:run();
	end
	return outcome[1].xml, outcome;
end

-- What one rule has to say: its verdict, detail and wait
local function opinion(at, rule, candidate)
	for _, one in ipairs(assert(at:explain(candidate))) do
		if one.rule == rule then
			return one.verdict, one.detail, one.wait;
		end
	end
end

-- Wait for what is written by itself
local function await(done)
	local deadline = os.time() + 60;
	repeat until done() or os.time() > deadline;
	assert.is_true(not not done());
end

describe("explaining", function ()
	it("asks every rule in order", function ()
		local rules = {};
		for i, one in ipairs(host:explain({ username = "juliet", address = "192.0.2.7", self_service = true })) do
			rules[i] = one.rule;
			assert.is_true(one.verdict == "pass" or one.verdict == "skip");
			assert.is_nil(one.detail);
			assert.is_nil(one.wait);
		end
		assert.same({ "blocklist", "allowlist", "dns-list", "throttle", "rate", "challenge", "mode", "accounts",
			"accounts-per-address", "password", "name-length", "name-required", "name-excluded", "name-reserved",
			"name-taken", "name-kept", "name-invited", "name-lookalike" }, rules);
	end);

	it("says what refuses, why, and for how long", function ()
		local strict = with({ muster_throttle = { limit = 1, period = 60 }, password_policy = { length = 8 },
			registration_blocklist = { "192.0.2.0/24" }, muster_dnsbl = "list.example" });
		assert.same({ "refuse", "192.0.2.0/24 is blocked" },
			{ opinion(strict, "blocklist", { address = "192.0.2.7", self_service = true }) });
		assert.same({ "refuse", "list.example lists the address" },
			{ opinion(strict, "dns-list", { listed = "list.example", self_service = true }) });
		assert.equal("refuse", (opinion(strict, "password", { password = "short" })));
		assert.matches("type='result'", ask(strict, set("juliet", "a long one"), stranger("203.0.113.1")));
		local verdict, detail, wait = opinion(strict, "throttle", { address = "203.0.113.1", self_service = true });
		assert.equal("refuse", verdict);
		assert.matches("^203%.0%.113%.1 has 1%.0 of 1 registrations in 60 s$", detail);
		assert.is_true(wait > 50 and wait <= 60);
		assert.equal("skip",
			(opinion(strict, "throttle", { address = "203.0.113.1", self_service = true, invited = true })));
		assert.equal("skip", (opinion(strict, "throttle", { address = "203.0.113.1" })));
		assert.equal("refuse", (opinion(strict, "name-taken", { username = "JULIET" })));
	end);

	it("has no effect", function ()
		local generation = engine:generation();
		for _ = 1, 100 do
			host:explain({ username = "juliet", password = "x", address = "192.0.2.7", self_service = true });
		end
		assert.equal(generation, engine:generation());
		assert.same({}, host:audit());
		assert.same({}, host:throttle());
	end);

	it("needs a candidate that can be", function ()
		assert_failure("bad-name", host:explain({ username = "a b" }));
		assert_failure("malformed", host:explain({ address = "nowhere" }));
		assert_failure("malformed", host:explain({ address = "192.0.2.0/24" }));
		assert.has_error(function () host:explain(); end);
		assert.has_error(function () host:explain("juliet"); end);
		assert.equal(18, #host:explain({}));
	end);
end);

describe("steering", function ()
	it("changes the mode, for a while or for good", function ()
		assert.same({ "open" }, { host:mode() });
		assert.is_true(run(host, "direct", { directive = "mode", value = "closed", door = "console" }).ok);
		assert.same({ "closed", 0 }, { host:mode() });
		assert.is_false(host:announces());
		assert.matches("<service%-unavailable", (ask(host, set("juliet"), stranger())));
		local later = os.time() + 1000;
		assert.is_true(run(host, "direct", { directive = "mode", value = "invite", ["until"] = later }).ok);
		assert.same({ "invite", later }, { host:mode() });
		assert.is_true(host:announces());
		assert.is_true(run(host, "direct", { directive = "mode", value = "closed", ["until"] = os.time() - 1 }).ok);
		assert.same({ "open" }, { host:mode() });
		run(host, "direct", { directive = "mode", value = "closed" });
		assert.is_true(run(host, "retract", { directive = "mode" }).ok);
		assert.equal("not-found", run(host, "retract", { directive = "mode" }).error);
		assert.same({ "open" }, { host:mode() });
	end);

	it("blocks and lets in", function ()
		local spam = { directive = "block", username = "192.0.2.0/24", reason = "spam", actor = "admin@example.org",
			door = "console" };
		assert.is_true(run(host, "direct", spam).ok);
		assert.is_true(run(host, "direct", { directive = "allow", username = "192.0.2.7/32" }).ok);
		assert.matches("<error type='auth' code='403'><forbidden", (ask(host, set("juliet"), stranger("192.0.2.8"))));
		assert.matches("type='result'", (ask(host, set("juliet"), stranger("192.0.2.7"))));
		local directives, position = host:directives();
		assert.is_nil(position);
		assert.is_true(math.abs(os.time() - directives[1].at) < 60);
		directives[1].at, directives[2].at = nil, nil;
		assert.same({ { directive = "allow", subject = "192.0.2.7" },
			{ directive = "block", subject = "192.0.2.0/24", reason = "spam", actor = "admin@example.org" } }, directives);
		assert.is_true(run(host, "retract", spam).ok);
		assert.matches("type='result'", (ask(host, set("romeo"), stranger("192.0.2.8"))));
	end);

	it("refuses what makes no sense", function ()
		for _, order in ipairs({ { directive = "block", username = "nowhere" }, { directive = "mode", value = "opne" },
			{ directive = "mode" }, { directive = "blcok", username = "192.0.2.7" }, { username = "192.0.2.7" },
			{ directive = "block", username = "192.0.2.7/24" } }) do
			assert_failure("malformed", host:direct(order));
		end
		assert_failure("malformed", host:retract({ directive = "block", username = "*" }));
		assert_failure("malformed", host:reset_throttle({ username = "everybody" }));
		assert.has_error(function () host:direct({ directive = "block" }); end);
		for _, time in ipairs({ "tomorrow", 1 / 0, 0 / 0, -1, 1e300, true, {} }) do
			assert.has_error(function ()
				host:direct({ directive = "block", username = "192.0.2.7", ["until"] = time });
			end);
		end
		assert.same({}, host:directives());
	end);

	it("pages", function ()
		for i = 1, 300 do
			run(host, "direct", { directive = "block", username = ("10.0.%d.%d"):format(i // 256, i % 256) });
		end
		local first, position = host:directives();
		assert.equal(256, #first);
		local second, over = host:directives(position);
		assert.equal(44, #second);
		assert.is_nil(over);
		local youngest, from = host:audit();
		assert.equal(256, #youngest);
		assert.equal("10.0.1.44", youngest[1].username);
		local oldest = host:audit(from);
		assert.equal("10.0.0.1", oldest[#oldest].username);
		assert.same({}, (host:audit("a position that is none")));
		assert.equal(256, #host:audit(("x"):rep(600)));
	end);
end);

describe("the audit", function ()
	it("tells who did what, the youngest first", function ()
		local strict = with({ block_registrations_users = { "admin" }, audit_log_ipv4_prefix = 24 });
		assert.equal("exists", run(strict, "register", { username = "admin", password = "x" }).error);
		await(function () return #strict:audit() == 1; end);
		assert.is_true(run(strict, "register", { username = "admin", password = "x", override = true,
			door = "console", actor = "romeo@example.org", address = "192.0.2.7" }).ok);
		local entries, position = strict:audit();
		assert.is_nil(position);
		assert.is_true(entries[1].at > entries[2].at);
		assert.is_true(math.abs(os.time() - entries[1].at) < 60);
		entries[1].at, entries[2].at = nil, nil;
		assert.same({
			{ action = "register", username = "admin", outcome = "ok", rule = "name-reserved", door = "console",
				actor = "romeo@example.org", address = "192.0.2.0/24", overridden = true },
			{ action = "register", username = "admin", outcome = "exists", rule = "name-reserved", door = "in-band",
				detail = "the name is reserved", overridden = false },
		}, entries);
	end);
end);

describe("the throttle", function ()
	it("is told, and reset", function ()
		local strict = with({ muster_throttle = { limit = 2, period = "1 hour", ipv4 = 24 },
			muster_rate = { limit = 100, period = 60 } });
		assert.same({}, strict:throttle());
		assert.matches("type='result'", (ask(strict, set("juliet"), stranger("192.0.2.7"))));
		assert.matches("type='result'", (ask(strict, set("romeo"), stranger("192.0.2.8"))));
		local answer = ask(strict, set("paris"), stranger("192.0.2.9"));
		local seconds = tonumber(answer:match("<retry%-after xmlns='urn:muster:wait:0' seconds='(%d+)'/>"));
		assert.is_true(seconds > 1700 and seconds <= 1800);
		assert.matches("<error type='wait' code='406'><not%-acceptable", answer);
		assert.matches("in "..seconds.." seconds", answer);
		local buckets = strict:throttle();
		assert.equal("*", buckets[1].subject);
		assert.equal("192.0.2.0/24", buckets[2].subject);
		assert.equal(2, buckets[2].limit);
		assert.equal(3600, buckets[2].period);
		assert.is_true(buckets[2].level > 1.9 and buckets[2].level <= 2);
		assert.is_true(buckets[2].wait > 1700 and buckets[2].wait <= 1800);
		assert.equal(0, buckets[1].wait);
		assert.is_true(run(strict, "reset_throttle", { username = "192.0.2.7" }).ok);
		assert.equal(1, #strict:throttle());
		assert.is_true(run(strict, "reset_throttle", { username = "*" }).ok);
		assert.same({}, strict:throttle());
		assert.matches("type='result'", (ask(strict, set("paris"), stranger("192.0.2.9"))));
	end);

	it("is written down for failed tries", function ()
		ask(host, set("juliet", ""), stranger("192.0.2.7"));
		await(function () return host:throttle()[1]; end);
		local level = host:throttle()[1].level;
		assert.is_true(level > 0.19 and level <= 0.2);
		assert.equal("refused", host:audit()[1].outcome);
	end);
end);

describe("an operation", function ()
	it("is told which list has the address", function ()
		local careful = with({ muster_dnsbl = { "one.example", "two.example" } });
		assert.same({ ["7.2.0.192.one.example"] = "one.example", ["7.2.0.192.two.example"] = "two.example" },
			careful:lookups("192.0.2.7"));
		assert.same({}, careful:lookups("nowhere"));
		assert.same({}, careful:lookups("192.0.2.0/24"));
		assert.same({}, host:lookups("192.0.2.7"));
		local answer = ask(careful, set("juliet"), stranger("192.0.2.7"), function (operation)
			operation:listed("two.example");
		end);
		assert.matches("<forbidden", answer);
		assert.not_matches("two.example", answer, 1, true);
		assert.matches("type='result'", (ask(careful, set("juliet"), stranger("192.0.2.7"))));
		assert.has_error(function () host:register({ username = "a", password = "b" }):listed(); end);
	end);

	it("is told of an invitation", function ()
		local waiting = with({ muster_registration = "approval", muster_throttle = false });
		local _, outcome = ask(waiting, set("juliet"), stranger());
		assert.equal("pending", outcome[2].effect);
		_, outcome = ask(waiting, set("romeo"), stranger(), function (operation) operation:invited(); end);
		assert.equal("registered", outcome[2].effect);
		local invited = with({ muster_registration = "invite" });
		assert.matches("<forbidden", (ask(invited, set("paris"), stranger())));
		assert.matches("type='result'", (ask(invited, set("paris"), stranger(nil, { invited = true }))));
		assert.same({ enabled = 2, pending = 1, disabled = 0, unfinished = 0, deleted = 0 }, host:counts());
		outcome = run(waiting, "approve", { username = "juliet", door = "console" });
		assert.equal("registered", outcome[1].effect);
		assert.equal("in-band", outcome[1].door);
		assert.equal("not-found", run(waiting, "reject", { username = "juliet" }).error);
		assert.same({ enabled = 3, pending = 0, disabled = 0, unfinished = 0, deleted = 0 }, host:counts());
	end);

	it("falls due", function ()
		local new = with({ muster_quarantine = { role = "guest", period = 1 }, muster_throttle = false });
		ask(new, set("juliet"), stranger());
		assert.is_true(new:info("juliet").lift > os.time() - 10);
		await(function () return #new:due(os.time()) == 1; end);
		assert.same({ "juliet" }, new:due(os.time()));
		assert.equal("lifted", run(new, "fall_due", { username = "juliet" })[1].effect);
		assert.same({}, new:due(os.time() + 10));
		assert.is_nil(new:info("juliet").lift);
		assert.equal("not-found", run(new, "fall_due", { username = "juliet" }).error);
	end);
end);

describe("patterns", function ()
	it("are Lua's", function ()
		local strict = with({ block_registrations_matching = { "^spam", "%d%d%d$" },
			block_registrations_require = "^[a-z0-9]+$" });
		for name, verdicts in pairs({ juliet = { "pass", "pass" }, ["jul.iet"] = { "refuse", "pass" },
			spammer = { "pass", "refuse" }, juliet123 = { "pass", "refuse" }, juliet12 = { "pass", "pass" } }) do
			assert.same(verdicts, { (opinion(strict, "name-required", { username = name })),
				(opinion(strict, "name-excluded", { username = name })) });
		end
		assert.matches("<conflict", (ask(strict, set("spammer"), stranger())));
		assert.matches("<error type='modify' code='406'><not%-acceptable", (ask(strict, set("jul.iet"), stranger())));
		assert.matches("type='result'", (ask(strict, set("juliet"), stranger())));
	end);

	it("are refused if they are broken", function ()
		for _, pattern in ipairs({ "[", "%", "(", "(()", "%f" }) do
			local text = assert_failure("bad-option",
				engine:host("example.org", { block_registrations_matching = { "fine", pattern } }));
			assert.matches('option block_registrations_matching: "'..pattern..'" is not allowed', text, 1, true);
			assert_failure("bad-option", engine:host("example.org", { block_registrations_require = pattern }));
		end
	end);

	-- Lua finds some faults only where it gets to them.
	it("let nobody in where they turn out to be broken", function ()
		local strict = with({ block_registrations_matching = { "j[" } });
		assert.matches("type='result'", (ask(strict, set("romeo"), stranger())));
		assert.matches("<conflict", (ask(strict, set("juliet"), stranger())));
		strict = with({ block_registrations_require = "x?j[" });
		assert.equal("refuse", (opinion(strict, "name-required", { username = "juliet" })));
	end);

	it("are matched from any coroutine, by the function that was there first", function ()
		local find = string.find;
		local strict = with({ block_registrations_matching = { "^spam" } });
		string.find = function () error("not this one"); end; -- luacheck: ignore 122
		local verdict = coroutine.wrap(function ()
			return (opinion(strict, "name-excluded", { username = "spammer" }));
		end)();
		string.find = find; -- luacheck: ignore 122
		assert.equal("refuse", verdict);
		strict = nil; -- luacheck: ignore 311
		collectgarbage();
	end);
end);

describe("a closed engine", function ()
	it("says so", function ()
		engine:close();
		for _, call in ipairs({ "audit", "throttle", "directives", "counts", "mode" }) do
			assert_failure("closed", host[call](host));
		end
		assert_failure("closed", host:explain({}));
		assert_failure("closed", host:direct({ directive = "mode", value = "closed" }));
		assert.is_false(host:announces());
	end);
end);
