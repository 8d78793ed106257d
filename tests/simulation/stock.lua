-- Prosody's own mod_register_limits, as Debian installs it, with a clock that is set from outside. Gets its options
-- by name; returns a function of an address, a name and a time, which returns nil if the account is made and
-- otherwise the condition of the error.

local options = ...;
local directory = "/usr/lib/prosody/";
local clock = 0;

local code = loadfile(directory.."modules/mod_register_limits.lua");
if not code then return nil; end

package.path = directory.."?.lua;"..package.path;
package.cpath = directory.."?.so;"..package.cpath;
package.loaded["util.time"] = { now = function () return clock; end, monotonic = function () return clock; end };
package.loaded["util.id"] = { short = function () return "id"; end }; -- of errors, which are only counted here

local hooked;
local function get(_, name, default)
	if options[name] == nil then return default; end
	return options[name];
end

local module = { _log = function () end };
module.log = module._log;
module.get_option, module.get_option_number, module.get_option_boolean = get, get, get;
function module.get_option_set(_, name, default)
	return require "util.set".new(get(nil, name, default));
end
function module.hook(_, event, handler)
	assert(event == "user-registering");
	hooked = handler;
end

_ENV.module = module; -- luacheck: ignore 122/module 112/module
code();

-- mod_register_ibr asks other modules first, and then whether the name is taken.
local taken = {};
return function (address, username, now)
	clock = now;
	local event = { username = username, ip = address, allowed = true };
	hooked(event);
	if not event.allowed then return event.error_condition; end
	if taken[username] then return "conflict"; end
	taken[username] = true;
end
