-- Console commands for the account store: how it does, and copies of it.

local modulemanager = require "core.modulemanager";

local arguments = module:require "muster_shell_arguments";
local tables = module:require "muster_table";
local tools = module:require "muster_shell_tools";

local hosts = prosody.hosts;
local state = module:shared("/*/muster/state");

local commands = {};

local function bytes(number)
	local units = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	local unit = 1;
	while number >= 1024 and unit < #units do
		number, unit = number / 1024, unit + 1;
	end
	return (unit == 1 and "%d %s" or "%.1f %s"):format(number, units[unit]);
end

local function timing(measured)
	if measured.count == 0 then
		return "none yet";
	end
	return ("%.1f ms, at most %.1f ms, %d so far"):format(measured.mean * 1000, measured.longest * 1000, measured.count);
end

local function print_store(print, engine, measures)
	local printed = tables.new(print);
	printed:add("Store", engine:path());
	printed:add("Size", ("%s of at most %s"):format(bytes(measures.used_bytes), bytes(measures.map_bytes)));
	printed:add("Pepper", (measures.pepper or "none")..(measures.resealing and ", accounts are being sealed anew" or ""));
	printed:add("Waiting", ("%s, %.1f s of work"):format(tools.counted(measures.queued, "operation"),
		measures.queued_seconds));
	printed:add("Hash threads", measures.threads);
	printed:add("Hashing", timing(measures.hash));
	printed:add("Commits", timing(measures.commit));
	printed:add("To carry out", tools.counted(measures.effects, "effect"));
	printed:flush();
end

-- Who may register
local function mode_of(name, host, kind)
	if kind == "host" and not modulemanager.is_loaded(name, "register_muster") then
		return "not in band";
	end
	local mode, until_time = host:mode();
	return (mode or "unknown")..(until_time and " by order" or "");
end

local function add_host(printed, name)
	local kind, open = arguments.kind_of(name);
	local host, why = open();
	if not host then
		printed:add(name, "out of order: "..tostring(why));
		return;
	end
	local counts = host:counts() or {};
	printed:add(name, mode_of(name, host, kind), counts.enabled, counts.pending, counts.disabled, counts.deleted,
		counts.unfinished);
end

commands.status = {
	args = { { name = "host", type = "string", optional = true } };
	desc = "Show the account store, its load, and the accounts of each host";
	handler = function (self, wanted)
		local engine = state.engine;
		if not engine then
			return nil, state.failure or "The account store is not open";
		elseif wanted and not arguments.kind_of(wanted) then
			return nil, wanted.." has no accounts in the store";
		end
		local measures, text, code = engine:measure();
		if not measures then return nil, tools.sentence(code, text); end
		local printed = tables.new(self.session.print, "Host", "Registration", "Enabled", "Pending", "Disabled", "Removed",
			"Unfinished");
		print_store(self.session.print, engine, measures);
		self.session.print("");
		local names = {};
		for name in pairs(hosts) do
			if (not wanted or name == wanted) and arguments.kind_of(name) then
				table.insert(names, name);
			end
		end
		table.sort(names);
		for _, name in ipairs(names) do
			add_host(printed, name);
		end
		printed:flush();
		return true, tools.counted(measures.accounts, "account").." in the store";
	end;
};

commands.backup = {
	args = { { name = "directory", type = "string" } };
	desc = "Copy the account store into a new directory, while it is in use";
	handler = function (_, directory)
		local engine = state.engine;
		if not engine then
			return nil, state.failure or "The account store is not open";
		elseif directory:sub(1, 1) ~= "/" or directory:find("\0", 1, true) then
			return nil, "The directory has to be given from the root on, such as \"/var/backups/muster\"";
		end
		local copy, text, code = tools.wait(function (callback) return engine:backup(directory, callback); end);
		if code == "busy" then
			return nil, "Another backup is being made";
		elseif not copy then
			return nil, tools.sentence(code ~= "exists" and code ~= "io" and code or nil, text);
		end
		return true, ("%s in %s copied to %s, and read back"):format(tools.counted(copy.accounts, "account"),
			bytes(copy.bytes), directory);
	end;
};

return commands;
