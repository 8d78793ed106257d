-- Commands of the admin console, section "muster". What a command returns is printed: true or nil, and a text.

local datetime = require "util.datetime";
local lfs = require "lfs";
local jid_split = require "util.jid".prepped_split;

local effects = module:require "muster_effects";

local hosts = prosody.hosts;
local state = module:shared("/*/muster/state");

-- A host, or service, in the account store
local function in_store(name, what)
	local host = module:shared("/"..name.."/muster/host").host;
	if not hosts[name] then
		return nil, name.." is not a host of this server";
	elseif not host or (hosts[name].type == "component" and "service" or "host") ~= what then
		return nil, ("%s is no %s of Muster's"):format(name, what == "service" and "registration service" or "host");
	end
	return host;
end

local function date(seconds)
	return datetime.datetime(seconds);
end

local function joined(value)
	return type(value) == "table" and table.concat(value, ", ") or tostring(value);
end

-- The names of the fields of some records, in order
local function columns_of(records)
	local seen, names = {}, {};
	for _, record in ipairs(records) do
		for name in pairs(record.fields) do
			if not seen[name] then
				seen[name] = true;
				table.insert(names, name);
			end
		end
	end
	table.sort(names);
	return names;
end

local function records_of(host)
	local records = {};
	for jid in host:users() do
		local record = host:info(jid);
		if record then
			table.insert(records, record);
		end
	end
	table.sort(records, function (one, other) return one.username < other.username; end);
	return records;
end

-- RFC 4180. A program that opens the file must not take a value for a formula.
local function quote(value)
	value = joined(value or "");
	if value:find("^[=+@\t\r-]") then
		value = "'"..value;
	end
	if value:find('[",\r\n]') then
		value = '"'..value:gsub('"', '""')..'"';
	end
	return value;
end

local function to_csv(records)
	local columns = columns_of(records);
	local lines = { table.concat({ "jid", "registered", table.unpack(columns) }, ",") };
	for _, record in ipairs(records) do
		local values = { quote(record.username), date(record.created) };
		for _, name in ipairs(columns) do
			table.insert(values, quote(record.fields[name]));
		end
		table.insert(lines, table.concat(values, ","));
	end
	return table.concat(lines, "\r\n").."\r\n";
end

local function write_file(path, text)
	if lfs.symlinkattributes(path) then
		return nil, path.." is there already";
	end
	local file, err = io.open(path, "w");
	if not file then
		return nil, err;
	end
	local written, write_err = file:write(text);
	local closed, close_err = file:close();
	if not written or not closed then
		os.remove(path);
		return nil, write_err or close_err;
	end
	return true;
end

local commands = {};

commands.registrations = {
	args = { { name = "service", type = "string" } };
	desc = "List who is registered with a service";
	handler = function (self, service)
		local host, why = in_store(service, "service");
		if not host then return nil, why; end
		local records = records_of(host);
		for _, record in ipairs(records) do
			self.session.print(("%s  %s"):format(date(record.created), record.username));
		end
		return true, ("%d registered with %s"):format(#records, service);
	end;
};

commands.registration = {
	args = { { name = "service", type = "string" }, { name = "jid", type = "string" } };
	desc = "Show what somebody registered with a service";
	handler = function (self, service, jid)
		local host, why = in_store(service, "service");
		if not host then return nil, why; end
		local record = host:info(jid);
		if not record then
			return nil, ("%s is not registered with %s"):format(jid, service);
		end
		self.session.print("registered  "..date(record.created));
		self.session.print("changed     "..date(record.changed));
		for _, name in ipairs(columns_of({ record })) do
			self.session.print(("%-11s %s"):format(name, joined(record.fields[name])));
		end
		return true, record.username;
	end;
};

commands.export_registrations = {
	args = { { name = "service", type = "string" }, { name = "path", type = "string" } };
	desc = "Write a service's registrations into a new file, as CSV";
	handler = function (_, service, path)
		local host, why = in_store(service, "service");
		if not host then return nil, why; end
		if type(path) ~= "string" then
			return nil, "The path of the file is missing";
		end
		local records = records_of(host);
		local ok, err = write_file(path, to_csv(records));
		if not ok then return nil, err; end
		return true, ("%d registrations written to %s"):format(#records, path);
	end;
};

commands.restore = {
	args = { { name = "jid", type = "string" } };
	desc = "Restore an account that its owner removed, before it is purged";
	handler = function (_, jid)
		local username, name = jid_split(jid);
		local host, why = in_store(name or tostring(jid), "host");
		if not host then return nil, why; end
		local info = username and host:info(username);
		if not info then
			return nil, "There is no such account (any more)";
		elseif info.state ~= "deleted" then
			return nil, "That account was not removed";
		end
		local operation, text = host:enable({ username = username, door = "console" });
		if not operation then return nil, text; end
		local outcome = operation:run();
		for _, action in ipairs(outcome) do
			effects.carry_out(action);
			state.engine:carried_out(action.id);
		end
		return outcome.ok or nil, outcome.ok and "Restored" or outcome.text;
	end;
};

-- Prosody 13 takes commands one by one; 0.12 has a table that is empty again when mod_admin_shell is loaded.
local function offer()
	local env = module:shared("/*/admin_shell/env");
	env.muster = {};
	for name, command in pairs(commands) do
		env.muster[name] = command.handler;
		module:add_item("shell-command", {
			section = "muster", section_desc = "Accounts and registrations that Muster keeps";
			name = name, desc = command.desc, args = command.args, handler = command.handler;
		});
	end
end

return { offer = offer };
