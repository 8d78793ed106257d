-- Console commands for the rules of hosts: what they say and have said, who waits to be approved, and what operators
-- order at run time.

local datetime = require "util.datetime".datetime;
local jid_split = require "util.jid".prepped_split;

local arguments = module:require "muster_shell_arguments";
local networks = module:require "muster_network";
local tables = module:require "muster_table";
local tools = module:require "muster_shell_tools";

local hosts = prosody.hosts;
local commands = {};

local function date(at)
	return at and datetime(math.floor(at)) or "";
end

-- Account hosts in the store, by name: all, or one
local function account_hosts(wanted)
	local found = {};
	for name in pairs(hosts) do
		local kind, open = arguments.kind_of(name);
		local host = kind == "host" and (not wanted or wanted.name == name) and open();
		if host then
			table.insert(found, { name = name, host = host });
		end
	end
	table.sort(found, function (one, other) return one.name < other.name; end);
	return found;
end

-- An option of a command that is a table: a period in seconds from now, as a time; or nil, and why
local function until_of(options)
	local period = options and options["for"];
	if period == nil then
		return nil;
	end
	local seconds, why = arguments.seconds(period);
	return seconds and os.time() + seconds, why;
end

-- --- approval ---

commands.pending = {
	args = { { name = "host", type = "host", optional = true } };
	desc = "List the accounts that wait to be approved";
	handler = function (self, wanted)
		local printed = tables.new(self.session.print, "Account", "Registered", "From", "Goes");
		for _, at in ipairs(account_hosts(wanted)) do
			tools.each(self, function (username, state)
				local info = state == "pending" and at.host:info(username);
				if info then
					printed:add(username.."@"..at.name, date(info.created), info.address, date(info.purge));
				end
			end, tools.users(self, at.host));
		end
		printed:flush();
		return true, tools.counted(printed.count, "account").." to be approved";
	end;
};

local function decide(kind, done)
	return function (_, account, reason)
		local ok, why, code = tools.run(account, kind, { reason = reason });
		if code == "not-found" then
			return nil, account.jid.." does not wait to be approved";
		end
		return ok, ok and account.jid..done or why;
	end;
end

commands.approve = {
	args = { { name = "jid", type = "account" } };
	desc = "Let an account in that waits to be approved";
	handler = decide("approve", " is approved");
};

commands.reject = {
	args = { { name = "jid", type = "account" }, { name = "reason", type = "string", optional = true } };
	desc = "Turn away an account that waits to be approved; its name is free again";
	handler = decide("reject", " is rejected");
};

-- --- the mode ---

local function set_mode(wanted, mode, until_time, reason)
	for _, at in ipairs(account_hosts(wanted)) do
		local ok, why, code = tools.run({ host = at.host }, mode and "direct" or "retract", {
			directive = "mode", value = mode, ["until"] = until_time, reason = reason;
		});
		if not ok and mode then
			return nil, code == "malformed"
				and mode.." is not allowed; allowed: open, invite, approval, redirect, closed" or at.name..": "..why;
		end
	end
	return true;
end

local function tell_modes(self, wanted)
	local printed = tables.new(self.session.print, "Host", "Registration", "Until");
	for _, at in ipairs(account_hosts(wanted)) do
		local mode, until_time = at.host:mode();
		local ends = until_time and (until_time == 0 and "reopened" or date(until_time)) or "as configured";
		printed:add(at.name, mode, ends);
	end
	printed:flush();
	return true, tools.counted(printed.count, "host");
end

commands.mode = {
	args = {
		{ name = "host", type = "host", optional = true }, { name = "mode", type = "string", optional = true };
		{ name = "period", type = "period", optional = true };
	};
	desc = "Show who may register, or order it: open, invite, approval, redirect, closed; for a time, or for good";
	handler = function (self, wanted, mode, period)
		if mode then
			local ok, why = set_mode(wanted, mode, period and os.time() + period);
			if not ok then
				return nil, why;
			end
		end
		return tell_modes(self, wanted);
	end;
};

commands.close = {
	args = { { name = "period", type = "period", optional = true }, { name = "host", type = "host", optional = true } };
	desc = "Close registration, for a time such as \"1h\" or until it is reopened; on all hosts, or one";
	handler = function (self, period, wanted)
		local ok, why = set_mode(wanted, "closed", period and os.time() + period);
		if not ok then
			return nil, why;
		end
		return tell_modes(self, wanted);
	end;
};

commands.reopen = {
	args = { { name = "host", type = "host", optional = true } };
	desc = "Take back what was ordered about who may register: the configuration counts again";
	handler = function (self, wanted)
		set_mode(wanted, nil);
		return tell_modes(self, wanted);
	end;
};

-- --- challenges ---

local function set_difficulty(wanted, bits, until_time)
	for _, at in ipairs(account_hosts(wanted)) do
		local ok, why, code = tools.run({ host = at.host }, bits == "auto" and "retract" or "direct", {
			directive = "difficulty", value = bits ~= "auto" and bits or nil, ["until"] = until_time;
		});
		if not ok and not (bits == "auto" and code == "not-found") then
			return nil, at.name..": "..why;
		end
	end
	return true;
end

local function tell_challenges(self, wanted)
	local printed = tables.new(self.session.print, "Host", "Challenges", "To solve", "Bits", "Configured", "Until");
	for _, at in ipairs(account_hosts(wanted)) do
		local now = at.host:challenges();
		local till = now and now["until"];
		if now and now.kinds[1] then
			printed:add(at.name, table.concat(now.kinds, ", "), now.both and "both SHA-256 and another" or "one", now.bits,
				now.least == now.most and now.least or now.least.." to "..now.most,
				till and (till == 0 and "set to auto" or date(till)) or "as configured");
		elseif now then
			printed:add(at.name, "none");
		end
	end
	printed:flush();
	return true, tools.counted(printed.count, "host");
end

commands.challenges = {
	args = {
		{ name = "host", type = "host", optional = true }, { name = "bits", type = "bits", optional = true };
		{ name = "period", type = "period", optional = true };
	};
	desc = "Show what strangers solve before they register, or order how hard: bits of proof of work, for a time or"
		.." until \"auto\" lets them follow the load again";
	handler = function (self, wanted, bits, period)
		if bits then
			local ok, why = set_difficulty(wanted, bits, period and os.time() + period);
			if not ok then
				return nil, why;
			end
		end
		return tell_challenges(self, wanted);
	end;
};

-- --- networks ---

local function steer(kind, directive, done)
	return function (_, host, network, options)
		local until_time, why = until_of(options);
		if why then
			return nil, why;
		end
		local ok, text, code = tools.run({ host = host.host, username = network }, kind, {
			directive = directive, ["until"] = until_time, reason = options and options.reason;
		});
		if code == "malformed" then
			return nil, network.." is no address or network, such as 192.0.2.7 or 2001:db8::/32";
		elseif code == "not-found" then
			return nil, ("%s is not %sed by order on %s"):format(network, directive, host.name);
		end
		return ok, ok and ("%s %s on %s"):format(network, done, host.name) or text;
	end;
end

local network_args = {
	{ name = "host", type = "host" }, { name = "network", type = "string" };
	{ name = "options", type = "options", optional = true };
};

commands.block = {
	args = network_args;
	desc = "Let nobody register from an address or network; { [\"for\"] = \"1 week\", reason = \"spam\" }";
	handler = steer("direct", "block", "is blocked");
};

commands.unblock = {
	args = { network_args[1], network_args[2] };
	desc = "Take back a block";
	handler = steer("retract", "block", "is not blocked any more");
};

commands.allow = {
	args = network_args;
	desc = "Let an address or network register whatever the throttle and the lists say";
	handler = steer("direct", "allow", "is allowed");
};

commands.disallow = {
	args = { network_args[1], network_args[2] };
	desc = "Take back what was allowed";
	handler = steer("retract", "allow", "is not allowed any more");
};

commands.directives = {
	args = { { name = "host", type = "host", optional = true } };
	desc = "List what operators have ordered at run time";
	handler = function (self, wanted)
		local printed = tables.new(self.session.print, "Host", "Order", "About", "Until", "By", "Reason");
		for _, at in ipairs(account_hosts(wanted)) do
			tools.each(self, function (row)
				printed:add(at.name, row.directive, row.value or row.subject, row["until"] and date(row["until"]) or "for good",
					row.actor, row.reason);
			end, tools.rows(self, function (position) return at.host:directives(position); end));
		end
		printed:flush();
		return true, tools.counted(printed.count, "order");
	end;
};

-- --- the throttle ---

commands.throttle = {
	args = { { name = "host", type = "host", optional = true } };
	desc = "Show how much of what is allowed each network has used up";
	handler = function (self, wanted)
		local printed = tables.new(self.session.print, "Host", "Network", "Used", "Period", "Free in");
		for _, at in ipairs(account_hosts(wanted)) do
			tools.each(self, function (row)
				printed:add(at.name, row.subject == "*" and "everybody" or row.subject,
					("%.1f of %d"):format(row.level, row.limit), row.period.." s", row.wait > 0 and row.wait.." s" or "");
			end, tools.rows(self, function (position) return at.host:throttle(position); end));
		end
		printed:flush();
		return true, tools.counted(printed.count, "network");
	end;
};

commands.reset_throttle = {
	args = { { name = "host", type = "host" }, { name = "network", type = "string" } };
	desc = "Forget what was counted against a network, and those inside and around it; \"*\" for everybody's";
	handler = steer("reset_throttle", nil, "counts for nothing so far");
};

-- --- guesses ---

local guessed = { account = "account", network = "network", known = "account, from where its owner logs in" };

commands.guesses = {
	args = { { name = "host", type = "host", optional = true } };
	desc = "Show against which accounts, and from which networks, wrong passwords count";
	handler = function (self, wanted)
		local printed = tables.new(self.session.print, "Host", "Against", "Kind", "Wrong", "Last", "Next in");
		for _, at in ipairs(account_hosts(wanted)) do
			tools.each(self, function (row)
				printed:add(at.name, row.subject, guessed[row.kind], ("%.1f"):format(row.level), date(row.at),
					row.wait > 0 and row.wait.." s" or "");
			end, tools.rows(self, function (position) return at.host:guesses(position); end));
		end
		printed:flush();
		return true, tools.counted(printed.count, "subject");
	end;
};

commands.reset_guesses = {
	args = { { name = "host", type = "host" }, { name = "subject", type = "string" } };
	desc = "Forget the wrong passwords against an account's name, or from a network; \"*\" for all";
	handler = function (_, host, subject)
		local ok, text, code = tools.run({ host = host.host, username = subject }, "reset_guesses", {});
		if not ok then
			return nil, code == "bad-name" and subject.." is no username, address or network" or text;
		end
		return true, ("Wrong passwords are forgotten for %s on %s"):format(subject, host.name);
	end;
};

-- --- what the rules say ---

local verdicts = { pass = "passes", refuse = "REFUSES", skip = "-" };

commands.explain = {
	args = {
		{ name = "jid", type = "account" }, { name = "address", type = "string", optional = true };
		{ name = "options", type = "options", optional = true };
	};
	desc = "Ask every rule about a made-up registration, without any effect; { password = \"...\", door = \"console\" }";
	handler = function (self, account, address, options)
		local door = options and options.door or "in-band";
		local opinions, text, code = account.explain(account.host, {
			username = account.username, address = address, password = options and options.password;
			self_service = door == "in-band", invited = options and options.invited, listed = options and options.listed;
		});
		if not opinions then
			return nil, code == "malformed" and address.." is no address" or text;
		end
		local printed = tables.new(self.session.print, "Rule", "Verdict", "Because");
		local refused = {};
		for _, opinion in ipairs(opinions) do
			local wait = opinion.wait and (", for %d s"):format(opinion.wait) or "";
			printed:add(opinion.rule, verdicts[opinion.verdict], (opinion.detail or "")..wait);
			if opinion.verdict == "refuse" then
				table.insert(refused, opinion.rule);
			end
		end
		printed:flush();
		return true, #refused == 0 and account.jid.." would be registered" or "Refused by "..table.concat(refused, ", ");
	end;
};

-- --- the audit ---

-- Does an entry fit what is asked for? wanted: username, within (a network), rule, outcome, action
local function fits(entry, wanted)
	return (not wanted.username or entry.username == wanted.username)
		and (not wanted.within or wanted.within(entry.address))
		and (not wanted.rule or entry.rule == wanted.rule)
		and (not wanted.outcome or entry.outcome == wanted.outcome)
		and (not wanted.action or entry.action == wanted.action);
end

-- Visit the entries of a host that fit, the youngest first, until `visit` returns false.
local function each_entry(self, at, wanted, visit)
	local breathe = tools.patience(self);
	for entry in tools.rows(self, function (position) return at.host:audit(position); end) do
		if wanted.since and entry.at < wanted.since or not breathe() then
			return;
		end
		if fits(entry, wanted) and visit(entry) == false then
			return;
		end
	end
end

-- What is written behind an entry's outcome
local function notes_of(entry)
	local notes = {};
	if entry.overridden then
		table.insert(notes, "overridden");
	end
	if entry.detail then
		table.insert(notes, entry.detail);
	end
	return table.concat(notes, ": ");
end

local function wanted_of(options)
	local wanted = {};
	for name, value in pairs(options or {}) do
		wanted[name] = value;
	end
	if wanted.account then
		local username, name = jid_split(tostring(wanted.account));
		if not username then
			return nil, tostring(wanted.account).." is no JID of an account";
		end
		wanted.username, wanted.host = username, name;
	end
	if wanted.address then
		local within, why = networks.within(tostring(wanted.address));
		if not within then
			return nil, why;
		end
		wanted.within = within;
	end
	if wanted.since then
		local seconds, why = arguments.seconds(wanted.since);
		if not seconds then
			return nil, why;
		end
		wanted.since = os.time() - seconds;
	end
	return wanted;
end

commands.audit = {
	args = { { name = "host", type = "host", optional = true }, { name = "options", type = "options", optional = true } };
	desc = "Show who did what, the latest first; { account = \"...\", address = \"192.0.2.0/24\", since = \"1 day\","
		.." rule = \"throttle\", limit = 50 }";
	handler = function (self, host, options)
		local wanted, why = wanted_of(options);
		if not wanted then
			return nil, why;
		end
		local printed = tables.new(self.session.print, "When", "What", "Account", "Host", "Outcome", "Rule", "Door",
			"Address", "By", "Notes");
		local limit = tonumber(wanted.limit) or 50;
		for _, at in ipairs(account_hosts(host)) do
			if not wanted.host or wanted.host == at.name then
				local count = 0;
				each_entry(self, at, wanted, function (entry)
					printed:add(date(entry.at), entry.action, entry.username, at.name, entry.outcome, entry.rule, entry.door,
						entry.address, entry.actor, notes_of(entry));
					count = count + 1;
					return count < limit;
				end);
			end
		end
		printed:flush();
		return true, tools.counted(printed.count, "entry"):gsub("entrys$", "entries");
	end;
};

commands.why = {
	args = { { name = "subject", type = "string" } };
	desc = "Say what refused an account or an address last";
	handler = function (self, subject)
		local username, name = jid_split(subject);
		local within, why = networks.within(subject);
		if not username and not within then
			return nil, why;
		end
		local wanted = username and { username = username } or { within = within };
		local found, host;
		for _, at in ipairs(account_hosts(nil)) do
			if not username or name == at.name then
				each_entry(self, at, wanted, function (entry)
					if entry.outcome ~= "ok" and (not found or entry.at > found.at) then
						found, host = entry, at.name;
					end
					return entry.outcome == "ok";
				end);
			end
		end
		if not found then
			return true, "Nothing has refused "..subject.." as far as the audit goes back";
		end
		return true, ("%s: %s of %s by %s%s was refused by %s%s"):format(date(found.at), found.action,
			found.username and found.username.."@"..host or "somebody at "..host, found.door,
			found.address and " from "..found.address or "", found.rule or found.outcome,
			found.detail and ", because "..found.detail or "");
	end;
};

return commands;
