-- Data forms (XEP-0004) that administrators fill in. What comes back is read here and not by util.dataforms, which
-- takes some faulty submissions for good ones.

local jid = require "util.jid";

local lib = {};

-- An account of this host: username as it was given, for Muster prepares names itself; the rest as Prosody has it
local function to_account(field, value)
	local prepared, host, resource = jid.prepped_split(value);
	if not prepared or host ~= module.host or (resource and not field.resources) then
		return nil;
	end
	return {
		username = jid.split(value), key = prepared, resource = resource;
		bare = jid.join(prepared, host), jid = jid.join(prepared, host, resource);
	};
end

local function to_text(_, value)
	return value;
end

local booleans = { ["1"] = true, ["true"] = true, ["0"] = false, ["false"] = false };

local function to_option(field, value)
	for _, option in ipairs(field.options) do
		if option.value == value then
			return value;
		end
	end
end

-- nil for a value that cannot be one
local convert = {
	["jid-single"] = to_account, ["jid-multi"] = to_account, ["text-single"] = to_text, ["text-private"] = to_text;
	["list-multi"] = to_account; -- whose options may be others by now
	["list-single"] = to_option, ["boolean"] = function (_, value) return booleans[value]; end;
};

-- What is filled in: a list by field, or nil if a field stands there twice
local function values_of(form)
	local values = {};
	for field in form:childtags("field") do
		local name = field.attr.var or "";
		if values[name] then
			return nil;
		end
		values[name] = {};
		for value in field:childtags("value") do
			local text = value:get_text();
			if text ~= "" then
				table.insert(values[name], text);
			end
		end
	end
	return values;
end

-- No value is repeated in a complaint: it may be a password.
local function read_field(field, values)
	local several = field.type:find("multi", 1, true);
	local read, seen = {}, {};
	if field.required and #values == 0 then
		return nil, field.name.." is missing";
	elseif #values > 1 and not several then
		return nil, field.name.." has several values";
	end
	for _, given in ipairs(values) do
		local value = convert[field.type](field, given);
		if value == nil then
			return nil, field.name.." has a value that it cannot have";
		end
		local key = type(value) == "table" and value.jid or value;
		if not seen[key] then
			seen[key] = true;
			table.insert(read, value);
		end
	end
	if several then
		return read;
	end
	return read[1];
end

-- The fields of a submission (may be nil) by name, or nil and what is wrong with it. The layout begins with FORM_TYPE.
function lib.read(layout, form)
	local values = form and form.attr.type == "submit" and values_of(form);
	if not values then
		return nil, "a form is expected, with each field filled in once";
	elseif values.FORM_TYPE and values.FORM_TYPE[1] ~= layout[1].value then
		return nil, "the form is for something else";
	end
	local fields = {};
	for _, field in ipairs(layout) do
		local value, why;
		if field.type ~= "hidden" then
			value, why = read_field(field, values[field.name] or {});
		end
		if why then
			return nil, why;
		end
		fields[field.name] = value;
	end
	return fields;
end

return lib;
