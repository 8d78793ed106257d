-- Die as by kill -9 at the event crash_at, before anybody else sees it, while the file crash_file exists.

local getpid = require "util.pposix".getpid;

local path = module:get_option_string("crash_file");

local function die()
	local file = io.open(path);
	if file then
		file:close();
		os.execute("kill -9 "..getpid());
	end
end

local event = module:get_option_string("crash_at");
module:hook(event, die, 2000);
module:hook_global(event, die, 2000);
