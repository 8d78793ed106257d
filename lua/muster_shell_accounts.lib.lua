-- Console commands for accounts, and for the names of removed ones.

local datetime = require "util.datetime".datetime;
local usermanager = require "core.usermanager";

local arguments = module:require "muster_shell_arguments";
local networks = module:require "muster_network";
local tables = module:require "muster_table";
local tools = module:require "muster_shell_tools";

local has_roles = usermanager.set_user_role ~= nil; -- Prosody 13

local commands = {};

-- Accounts in these states are no use to whom they belong; what there is to be done about it.
local unusable = {
	["deleted"] = "That account was removed by its owner; muster:restore(jid) brings it back";
	["unfinished"] = "That account is just being made";
	["pending"] = "That account waits to be approved";
};

-- What is on file of an account, or nil and why not
local function info_of(account)
	local info, text, code = account.host:info(account.username);
	if not info then
		return nil, tools.sentence(code, text);
	end
	return info;
end

local function usable(account)
	local info, why = info_of(account);
	if info and unusable[info.state] then
		return nil, unusable[info.state];
	end
	return info, why;
end

local function shown(value)
	return type(value) == "table" and table.concat(value, ", ") or tostring(value);
end

local function sorted_keys(map)
	local keys = {};
	for key in pairs(map) do
		table.insert(keys, key);
	end
	table.sort(keys);
	return keys;
end

-- --- lists ---

-- Print the accounts that `matches` lets through; it is given name and state, and may return a remark.
local function list(self, host, titles, matches)
	local printed = tables.new(self.session.print, table.unpack(titles));
	local total = 0;
	local complete = tools.each(self, function (username, state)
		total = total + 1;
		local remark = matches(username, state);
		local info = remark and host.host:info(username);
		if info then
			printed:add(username.."@"..host.name, info.state, datetime(info.created), info.address, info.inviter,
				remark ~= true and remark or nil);
		end
	end, tools.users(self, host.host));
	printed:flush();
	if not complete then
		return nil, "Nobody reads the list any more";
	end
	return true, ("%d of %s"):format(printed.count, tools.counted(total, "account"));
end

-- What an account has to be to be listed: functions of what is on file of it and what is wanted, by the filter's keys
local function has_text(value, text)
	return value ~= nil and value:lower():find(tostring(text):lower(), 1, true) ~= nil;
end

local filters = {
	name = function (info, text) return has_text(info.username, text); end;
	state = function (info, state) return info.state == state; end;
	address = function (info, within) return within(info.address); end;
	since = function (info, time) return info.created >= time; end;
	before = function (info, time) return info.created < time; end;
	inviter = function (info, text) return has_text(info.inviter, text); end;
};

local function ago(period)
	local seconds, why = arguments.seconds(period);
	return seconds and os.time() - seconds, why;
end

local readers = { address = function (text) return networks.within(tostring(text)); end, since = ago, before = ago };

-- A filter as it was typed, made ready; or nil, and what is wrong with it
local function read_filter(typed, states)
	if type(typed) == "string" then
		typed = { [states[typed] and "state" or "name"] = typed };
	end
	local wanted = {};
	for name, value in pairs(typed or {}) do
		local why;
		if not filters[name] then
			return nil, ("%s is not known; known: %s"):format(tostring(name), table.concat(sorted_keys(filters), ", "));
		elseif name == "state" and not states[value] then
			return nil, ("%s is no state; states: %s"):format(tostring(value), table.concat(sorted_keys(states), ", "));
		end
		wanted[name] = value;
		if readers[name] then
			wanted[name], why = readers[name](value);
		end
		if not wanted[name] then
			return nil, why;
		end
	end
	return wanted;
end

local function passes(info, wanted)
	for name, value in pairs(wanted) do
		if not filters[name](info, value) then
			return false;
		end
	end
	return true;
end

commands.list = {
	args = { { name = "host", type = "host" }, { name = "filter", type = "filter", optional = true } };
	desc = "List accounts: all, those in a state such as \"disabled\", those with a text in their names, or"
		.." { name = \"...\", state = \"...\", address = \"192.0.2.0/24\", since = \"1 day\", before = \"1h\","
		.." inviter = \"...\" }";
	handler = function (self, host, filter)
		local counts, text, code = host.host:counts();
		if not counts then return nil, tools.sentence(code, text); end
		local wanted, why = read_filter(filter, counts);
		if not wanted then return nil, why; end
		return list(self, host, { "JID", "State", "Registered", "From", "Invited by" }, function (username, state)
			if wanted.state and state ~= wanted.state then
				return false;
			end
			local info = next(wanted) == nil or host.host:info(username);
			return info == true or info and passes(info, wanted);
		end);
	end;
};

-- What holds a text, as a remark; nil if nothing does
local function matching_fields(info, text)
	local found = has_text(info.address, text) and "from "..info.address or nil;
	if has_text(info.inviter, text) then
		found = (found and found..", " or "").."invited by "..info.inviter;
	end
	for _, name in ipairs(sorted_keys(info.fields)) do
		local value = shown(info.fields[name]);
		if value:lower():find(text, 1, true) then
			found = (found and found..", " or "")..name..": "..value;
		end
	end
	return found;
end

commands.search = {
	args = { { name = "host", type = "host" }, { name = "text", type = "string" } };
	desc = "List accounts that have a text in their names, addresses, inviters or registration data, such as e-mail";
	handler = function (self, host, text)
		text = text:lower();
		return list(self, host, { "JID", "State", "Registered", "From", "Invited by", "Found" }, function (username)
			local info = host.host:info(username);
			return info and (matching_fields(info, text) or username:find(text, 1, true) ~= nil);
		end);
	end;
};

commands.tombstones = {
	args = { { name = "host", type = "host" } };
	desc = "List the names that are kept after removed accounts";
	handler = function (self, host)
		local printed = tables.new(self.session.print, "Name", "Removed", "Kept until");
		local complete = tools.each(self, function (kept)
			local ends = kept["until"];
			local remark = ends and ends <= os.time() and "free since " or "";
			printed:add(kept.username, datetime(kept.at), ends and remark..datetime(ends) or "for good");
		end, tools.rows(self, function (position) return host.host:tombstones(position); end));
		printed:flush();
		if not complete then
			return nil, "Nobody reads the list any more";
		end
		return true, tools.counted(printed.count, "name");
	end;
};

-- --- one account ---

-- In this order, where there is something to show
local times = {
	{ "created", "Registered" }, { "password_changed", "Password changed" }, { "changed", "Changed" };
	{ "purge", "To be purged" }, { "lift", "Limits end" };
};
local texts = { { "reason", "Reason" }, { "address", "Registered from" }, { "inviter", "Invited by" } };

local function keys_of(info)
	local sets = {};
	for i, hash in ipairs(sorted_keys(info.iterations)) do
		sets[i] = ("SCRAM-%s with %d iterations"):format(hash, info.iterations[hash]);
	end
	return #sets > 0 and table.concat(sets, ", ") or "none";
end

local function add_last_login(printed, account, info)
	if not account.last_login then return; end -- the host does not log in to these accounts
	local at, door = account.last_login(info.username);
	if at then
		printed:add("Last login", datetime(at)..(door and " by "..door or ""));
	end
end

commands.show = {
	args = { { name = "jid", type = "account" } };
	desc = "Show what is on file of an account";
	handler = function (self, account)
		local info, why = info_of(account);
		if not info then return nil, why; end
		local printed = tables.new(self.session.print);
		printed:add("State", info.state);
		for _, each in ipairs(times) do
			local seconds = info[each[1]];
			if seconds then
				printed:add(each[2], datetime(seconds));
			end
		end
		add_last_login(printed, account, info);
		for _, each in ipairs(texts) do
			if info[each[1]] then
				printed:add(each[2], info[each[1]]);
			end
		end
		printed:add("Keys", keys_of(info));
		for _, name in ipairs(sorted_keys(info.fields)) do
			printed:add(name, shown(info.fields[name]));
		end
		printed:flush();
		return true, account.jid;
	end;
};

-- What of a table of options is known, or nil and what is wrong with it
local function read_options(options)
	for name, value in pairs(options or {}) do
		if name == "override" and type(value) == "boolean" or name == "role" and type(value) == "string" then
			if name == "role" and not has_roles then
				return nil, "This version of Prosody gives no roles to new accounts; user:setroles does";
			end
		else
			return nil, "The options are override = true, and on Prosody 13 role = \"…\"";
		end
	end
	return options or {};
end

commands.create = {
	args = {
		{ name = "jid", type = "account" }, { name = "password", type = "string", optional = true };
		{ name = "options", type = "options", optional = true };
	};
	desc = "Make an account; { override = true } sets aside the rules that may be set aside";
	handler = function (self, account, password, options)
		local exists, text, code = account.host:exists(account.username);
		if exists == nil then
			return nil, tools.sentence(code, text);
		elseif exists then
			return nil, tools.sentence("exists");
		end
		local settings, why = read_options(options);
		if not settings then return nil, why; end
		return tools.with_password(self, password, function (given)
			local ok, err = tools.run(account, "register", { password = given, override = settings.override },
				settings.role);
			return ok, ok and "Created "..account.jid or err;
		end);
	end;
};

commands.password = {
	args = { { name = "jid", type = "account" }, { name = "password", type = "string", optional = true } };
	desc = "Give an account another password, and close its streams";
	handler = function (self, account, password)
		local info, why = usable(account);
		if not info then return nil, why; end
		return tools.with_password(self, password, function (given)
			local ok, err = tools.run(account, "change_password", { password = given });
			return ok, ok and "The password of "..account.jid.." was changed" or err;
		end);
	end;
};

commands.delete = {
	args = { { name = "jid", type = "account" } };
	desc = "Remove an account at once and for good, with its data";
	handler = function (_, account)
		local ok, err = tools.run(account, "unregister");
		return ok, ok and "Deleted "..account.jid or err;
	end;
};

commands.disable = {
	args = { { name = "jid", type = "account" }, { name = "reason", type = "string", optional = true } };
	desc = "Keep somebody from logging in, and close their streams";
	handler = function (_, account, reason)
		local info, why = usable(account);
		if not info then return nil, why; end
		local ok, err = tools.run(account, "disable", { reason = reason });
		return ok, ok and "Disabled "..account.jid or err;
	end;
};

commands.enable = {
	args = { { name = "jid", type = "account" } };
	desc = "Let somebody log in again whose account was disabled";
	handler = function (_, account)
		local info, why = usable(account);
		if not info then
			return nil, why;
		elseif info.state == "enabled" then
			return nil, "That account is enabled";
		end
		local ok, err = tools.run(account, "enable");
		return ok, ok and "Enabled "..account.jid or err;
	end;
};

commands.restore = {
	args = { { name = "jid", type = "account" } };
	desc = "Restore an account that its owner removed, before it is purged";
	handler = function (_, account)
		local info, why = info_of(account);
		if not info then
			return nil, why;
		elseif info.state ~= "deleted" then
			return nil, "That account was not removed";
		end
		local ok, err = tools.run(account, "enable");
		return ok, ok and "Restored "..account.jid or err;
	end;
};

commands.confirm = {
	args = { { name = "jid", type = "account" } };
	desc = "End the quarantine of a new account before its time";
	handler = function (_, account)
		local ok, err, code = tools.run(account, "confirm");
		if code == "not-found" then
			err = "That account is not in quarantine";
		end
		return ok, ok and account.jid.." is confirmed" or err;
	end;
};

commands.release = {
	args = { { name = "jid", type = "account" } };
	desc = "Let anybody have the name of a removed account";
	handler = function (_, account)
		local ok, err, code = tools.run(account, "release");
		if code == "not-found" then
			err = "That name is not kept";
		end
		return ok, ok and "Anybody may have "..account.jid.." now" or err;
	end;
};

return commands;
