-- What the audit is told by the host: muster.so writes down its own verdicts by itself.

local lib = {};

-- An order that was not even begun, for the rules refuse its password
function lib.note_unbegun(host, kind, order, code, text)
	if code ~= "bad-password" or kind == "check_password" then return; end
	host:note({
		action = kind:gsub("_", "-"), username = order.username, outcome = code, rule = "password", detail = text;
		door = order.door, actor = order.actor;
	});
end

return lib;
