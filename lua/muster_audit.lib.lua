-- What the audit is told by the host: muster.so writes down its own verdicts by itself.

local nodeprep = require "util.encodings".stringprep.nodeprep;

local lib = {};

local longest = 64; -- characters of what was given for a name

local function quoted(text)
	local behind = utf8.len(text) and utf8.offset(text, longest + 1) or longest + 1;
	return ('"%s"'):format(text:sub(1, behind - 1));
end

-- As muster.so calls it: a directive is an action of its own.
local function action_of(kind, order)
	if kind == "direct" then
		return order.directive;
	end
	return kind == "retract" and "retract-"..order.directive or (kind:gsub("_", "-"));
end

-- An order that was not even begun: its name cannot be used, say, or the rules refuse its password. Whoever wants to
-- know whether a password is right gives no order.
function lib.note_unbegun(host, kind, order, code, text)
	if kind == "check_password" then return; end
	local username = order.username and nodeprep(order.username);
	local detail = text or code;
	if order.username and not username then
		detail = ("%s: %s"):format(detail, quoted(order.username));
	end
	host:note({
		action = action_of(kind, order), username = username, outcome = code, detail = detail;
		rule = code == "bad-password" and "password" or nil, door = order.door, actor = order.actor;
	});
end

return lib;
