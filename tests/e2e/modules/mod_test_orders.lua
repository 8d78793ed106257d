-- Orders to a host, and reads of it, as commands of an administrator give and take them. Tests call them from the
-- console: > prosody.test_orders.localhost.order("approve", { username = "juliet" }). What is said is a line of JSON.

-- luacheck: globals prosody
local json = require "util.json";

local accounts = module:require "muster_host";

local function said(value)
	return "JSON "..json.encode(value);
end

local orders = {};

function orders.order(kind, order)
	order.door, order.actor = "console", "admin@"..module.host;
	local operation, text, code = accounts.host()[kind](accounts.host(), order);
	if not operation then
		return said({ ok = false, error = code, text = text });
	end
	local outcome = operation:look() or accounts.finish(operation);
	for _, action in ipairs(outcome) do
		accounts.carry_out(action);
	end
	return said({ ok = outcome.ok, error = outcome.error, text = outcome.text, rule = outcome.rule });
end

-- What is kept page by page, as a whole
function orders.list(kind)
	local all, position = {}, nil;
	repeat
		local page, next_position = accounts.host()[kind](accounts.host(), position);
		position = next_position;
		for _, each in ipairs(assert(page)) do
			table.insert(all, each);
		end
	until not position;
	return said(json.array and json.array(all) or all);
end

function orders.read(kind, argument)
	local value, text, code = accounts.host()[kind](accounts.host(), argument);
	return said({ value = value, text = text, code = code });
end

prosody.test_orders = prosody.test_orders or {};
prosody.test_orders[module.host] = orders;
