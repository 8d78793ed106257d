-- Arguments of console commands: what was typed is checked, and made into what commands work with.

local jid_split = require "util.jid".prepped_split;
local nameprep = require "util.encodings".stringprep.nameprep;

local hosts = prosody.hosts;

-- "host" or "service", if its accounts or registrations are in the store; then also a function that opens it there.
local function kind_of(name)
	local host = hosts[name];
	local open = host and module:shared("/"..name.."/muster/host").open;
	if not open then
		return nil;
	elseif host.type == "component" then
		return "service", open;
	elseif host.users and host.users.name == "muster" then
		return "host", open;
	end
end

-- A host, or service, in the account store
local function in_store(domain, what)
	local name = nameprep(domain);
	if not name or not hosts[name] then
		return nil, domain.." is not a host of this server";
	end
	local kind, open = kind_of(name);
	if kind ~= what then
		return nil, ("%s is no %s of Muster's"):format(name, what == "service" and "registration service" or "host");
	end
	local host, why = open();
	return host, why and ("%s is out of order: %s"):format(name, why);
end

-- A type: what Lua type is typed, how that is called, and what becomes of a value, or nil and why nothing
local types = {};

types.string = { "string", "text in quotes", function (value) return value; end };

types.filter = { { string = true, table = true }, "a text, or a table such as { state = \"disabled\" }",
	function (value) return value; end };

types.options = { "table", "a table of options, such as { override = true }", function (value) return value; end };

types.host = { "string", "the name of a host in quotes", function (value)
	local host, why = in_store(value, "host");
	return host and { name = host:name(), host = host }, why;
end };

-- Seconds of a period, such as 3600, "1h", "2 weeks"; or nil, and what is allowed
local units = { s = 1, mi = 60, h = 3600, d = 86400, w = 7 * 86400, mo = 31 * 86400, y = 366 * 86400 };

local function seconds(period)
	local number, unit = tostring(period):lower():match("^(%d+%.?%d*)%s*(%a*)$");
	local factor = number and (unit == "" and 1 or units[unit:sub(1, 2)] or units[unit:sub(1, 1)]
		or unit == "m" and 60);
	local total = factor and math.floor(tonumber(number) * factor) or 0;
	if total < 1 then
		return nil, tostring(period).." is no period, such as \"1h\" or \"2 weeks\"";
	end
	return total;
end

types.period = { { string = true, number = true }, "a period such as \"1h\" or \"2 weeks\"", seconds };

types.bits = { { string = true, number = true }, "a number of bits from 8 to 32, or \"auto\"", function (value)
	local bits = math.tointeger(tonumber(value));
	if value ~= "auto" and not (bits and bits >= 8 and bits <= 32) then
		return nil, tostring(value)..' is not allowed; allowed: a number of bits from 8 to 32, or "auto"';
	end
	return bits and tostring(bits) or value;
end };

types.service = { "string", "the name of a service in quotes", function (value)
	local host, why = in_store(value, "service");
	return host and { name = host:name(), host = host }, why;
end };

types.account = { "string", "a JID in quotes", function (value)
	local username, name, resource = jid_split(value);
	if not username or resource then
		return nil, value.." is not the JID of an account, such as juliet@example.com";
	end
	local host, why = in_store(name, "host");
	local shared = module:shared("/"..name.."/muster/host");
	return host and {
		jid = username.."@"..name, username = username, name = name, host = host;
		look = shared.look, explain = shared.explain, last_login = shared.last_login;
	}, why;
end };

types.place = { "string", "the name of a host, or a JID, in quotes", function (value)
	if value:find("@", 1, true) then
		return types.account[3](value);
	end
	return types.host[3](value);
end };

-- Returns whether it is right, and the value or what is wrong; then also whether it helps to see how it is written.
local function take_one(described, value)
	local wanted, called, make = table.unpack(types[described.type]);
	if value == nil then
		return described.optional or false, not described.optional and ("The %s is missing"):format(described.name), true;
	elseif type(value) ~= wanted and not (type(wanted) == "table" and wanted[type(value)]) then
		return false, ("The %s has to be %s"):format(described.name, called), true;
	end
	local made, why = make(value);
	return made ~= nil, made or why;
end

-- How a command is written
local function usage(name, described)
	local words = "";
	for i, argument in ipairs(described) do
		local word = (i > 1 and ", " or "")..argument.name;
		words = words..(argument.optional and "["..word.."]" or word);
	end
	return ("muster:%s(%s)"):format(name, words);
end

-- The arguments of a command, or nil and what is wrong
local function take(name, described, ...)
	local given = table.pack(...);
	local taken = { n = #described };
	for i = 1, #described do
		local ok, value, unclear = take_one(described[i], given[i]);
		if not ok then
			return nil, unclear and ("%s: %s"):format(value, usage(name, described)) or value;
		end
		taken[i] = value or nil;
	end
	return taken;
end

return { take = take, usage = usage, kind_of = kind_of, seconds = seconds };
