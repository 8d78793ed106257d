-- Die as by kill -9 at the event crash_at, before anybody else sees it, while the file crash_file exists; at "role"
-- when an account is about to be given one.

local signal = require "util.signal";

local path = module:get_option_string("crash_file");

local function die()
	local file = io.open(path);
	if file then
		file:close();
		signal.raise("SIGKILL"); -- a child would hold the port for a moment longer
	end
end

local event = module:get_option_string("crash_at");
local usermanager = require "core.usermanager";
local give = usermanager.set_user_role;
if event == "role" then
	function usermanager.set_user_role(...)
		die();
		return give(...);
	end
end
module:hook(event, die, 2000);
module:hook_global(event, die, 2000);
