-- What the server's own statistics tell of Muster, if they are switched on (option statistics). Nothing in it is about
-- anybody: no names, no addresses.

local hosts = prosody.hosts;
local state = module:shared("/*/muster/state");

local attempts = module:metric("counter", "attempts", "",
	"Requests and orders, by how they came, what they were for, and ok, the rule that refused, or an error",
	{ "host", "door", "action", "outcome" });
local challenges = module:metric("counter", "challenges", "",
	"Challenges that strangers were asked, by kind, and whether they were issued, solved or failed",
	{ "host", "kind", "outcome" });
local answers = module:metric("histogram", "answer", "seconds",
	"How long in-band requests took that changed something or tried to", { "host", "action" },
	{ buckets = { 0.01, 0.03, 0.1, 0.3, 1, 3, 10 } });
local accounts = module:metric("gauge", "accounts", "", "Accounts, or registrations with a service, by state",
	{ "host", "state" });

-- Of the engine, as engine:measure() has it. A row a metric: its type, name, unit and description, and how it is read
-- from the measures.
local measured = {
	{ "gauge", "queued", "", "Operations that are not finished", function (all) return all.queued; end };
	{ "gauge", "queued", "seconds", "How long they will take", function (all) return all.queued_seconds; end };
	{ "gauge", "hash_threads", "", "Threads that hash", function (all) return all.threads; end };
	{ "gauge", "effects", "", "What remains to be done in the server after changes",
		function (all) return all.effects; end };
	{ "gauge", "store_used", "bytes", "What the account store takes on disk",
		function (all) return all.used_bytes; end };
	{ "gauge", "store_limit", "bytes", "What it may grow to", function (all) return all.map_bytes; end };
	{ "counter", "notes_dropped", "", "Entries of the audit that were not written, for too many waited",
		function (all) return all.dropped; end };
};
for _, row in ipairs(measured) do
	row.metric = module:metric(table.unpack(row, 1, 4)):with_labels();
end

-- How long the engine's two halves take. It counts by the same bounds as these have; which time within them it was, and
-- so the sum, is not known more closely.
local bounds = { 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3 };
local timed = {
	hash = module:metric("histogram", "hash", "seconds", "How long hashing takes", {}, { buckets = bounds }):with_labels();
	commit = module:metric("histogram", "commit", "seconds", "How long it takes until changes are on disk", {},
		{ buckets = bounds }):with_labels();
};
local told = { hash = {}, commit = {} }; -- how often, so far, by bound

local function tell_timing(name, timing)
	for i, count in ipairs(timing.within) do
		local before = told[name][i] or 0;
		if count < before then
			before = 0; -- the engine is another one
		end
		for _ = before + 1, count do
			timed[name]:sample(timing.bounds[i] or timing.longest);
		end
		told[name][i] = count;
	end
end

local function collect()
	local all = state.engine and state.engine:measure();
	if all then
		tell_timing("hash", all.hash);
		tell_timing("commit", all.commit);
	end
	for _, row in ipairs(measured) do
		if all then
			row.metric:set(row[5](all));
		end
	end
	for name in pairs(hosts) do
		local open = all and module:shared("/"..name.."/muster/host").open;
		local host = open and open();
		for word, count in pairs(host and host:counts() or {}) do
			accounts:with_labels(name, word):set(count);
		end
	end
end

local lib = {};

function lib.start()
	module:hook("stats-update", collect);

	function state.count(host, door, outcome)
		for what, kinds in pairs(outcome.challenges or {}) do
			for _, kind in ipairs(kinds) do
				challenges:with_labels(host, kind, what):add(1);
			end
		end
		if outcome.action then -- else it only asked
			attempts:with_labels(host, door, outcome.action, outcome.ok and "ok" or outcome.rule or outcome.error):add(1);
		end
	end

	-- An order that could not even be begun
	function state.count_unbegun(host, door, kind, code)
		local action = kind == "create" and "register" or kind:gsub("_", "-");
		state.count(host, door, { action = action, error = code });
	end

	function state.took(host, outcome, seconds)
		if outcome.action then
			answers:with_labels(host, outcome.action):sample(seconds);
		end
	end
end

return lib;
