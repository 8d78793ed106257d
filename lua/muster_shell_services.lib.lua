-- Console commands for services that people register with.

local datetime = require "util.datetime".datetime;
local lfs = require "lfs";

local tables = module:require "muster_table";
local tools = module:require "muster_shell_tools";

local commands = {};

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

local function records_of(self, service)
	local records = {};
	tools.each(self, function (jid)
		table.insert(records, (service.host:info(jid)));
	end, tools.users(self, service.host));
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
		local values = { quote(record.username), datetime(record.created) };
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

commands.registrations = {
	args = { { name = "service", type = "service" } };
	desc = "List who is registered with a service";
	handler = function (self, service)
		local printed = tables.new(self.session.print, "Registered", "JID");
		for _, record in ipairs(records_of(self, service)) do
			printed:add(datetime(record.created), record.username);
		end
		printed:flush();
		return true, ("%d registered with %s"):format(printed.count, service.name);
	end;
};

commands.registration = {
	args = { { name = "service", type = "service" }, { name = "jid", type = "string" } };
	desc = "Show what somebody registered with a service";
	handler = function (self, service, jid)
		local record = service.host:info(jid);
		if not record then
			return nil, ("%s is not registered with %s"):format(jid, service.name);
		end
		local printed = tables.new(self.session.print);
		printed:add("Registered", datetime(record.created));
		printed:add("Changed", datetime(record.changed));
		for _, name in ipairs(columns_of({ record })) do
			printed:add(name, joined(record.fields[name]));
		end
		printed:flush();
		return true, record.username;
	end;
};

commands.export_registrations = {
	args = { { name = "service", type = "service" }, { name = "path", type = "string" } };
	desc = "Write a service's registrations into a new file, as CSV";
	handler = function (self, service, path)
		local records = records_of(self, service);
		local ok, err = write_file(path, to_csv(records));
		if not ok then return nil, err; end
		return true, ("%d registrations written to %s"):format(#records, path);
	end;
};

return commands;
