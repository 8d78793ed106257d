-- Write down which events of accounts are fired, so that tests can look: event, username, whether a password was in it,
-- source, address.

local path = module:get_option_string("event_log");

local function write(name, event)
	local file = assert(io.open(path, "a"));
	file:write(table.concat({
		name, tostring(event.username), event.password ~= nil and "password" or "-", tostring(event.source),
		tostring(event.ip),
	}, "\t"), "\n");
	file:close();
end

for _, name in ipairs({ "user-registering", "user-registered", "user-deregistered" }) do
	module:hook(name, function (event) write(name, event); end, 1000);
end

local first = true;
for host in pairs(prosody.hosts) do
	first = first and host >= module.host;
end
-- Global events once, however many hosts there are
if first or module.host == "localhost" then
	for _, name in ipairs({ "user-deleted", "user-password-changed", "user-enabled", "user-disabled",
		"user-role-changed" }) do
		module:hook_global(name, function (event) write(name, event); end, 1000);
	end
end
