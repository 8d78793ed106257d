-- When somebody last logged in to an account. Prosody's storage has it, in the records of Prosody 13's
-- mod_account_activity, so that what reads those finds it; with a key of our own beside, for that module's time moves
-- when a stream ends, too. Times are kept in memory first: a login writes nothing, an account's record is written once
-- an hour at most, a few records a second; a server that is killed forgets the last hour.

local accounts = module:require "muster_host";

local rest, most_a_second = module:get_option_number("muster_lastlogin_interval", 3600), 50;
local store = module:open_store("account_activity");

-- By host and username, what is not written yet. It outlives a reload of this module.
accounts.state.logins = accounts.state.logins or {};
local logins = accounts.state.logins[module.host] or {};
accounts.state.logins[module.host] = logins;

local lib = {};

local function write(username)
	local at = logins[username];
	logins[username] = nil;
	if not at then return; end -- the account is gone
	local record, err = store:get(username);
	record = record or {};
	record.login, record.timestamp = at, math.max(at, record.timestamp or 0);
	if not err then
		err = select(2, store:set(username, record));
	end
	if err then
		module:log("warn", "Cannot store when somebody logged in to %s@%s: %s", username, module.host, err);
	end
end

-- Seconds, or nil if nobody was seen to log in
function lib.get(username)
	local record = not logins[username] and store:get(username) or {};
	return logins[username] or record.login or record.timestamp;
end

function lib.write_all()
	for username in pairs(logins) do
		write(username);
	end
end

module:hook("authentication-success", function (event)
	local username = event.session.username;
	if username then
		logins[username] = os.time();
	end
end);

module:hook_global("user-deleted", function (event)
	if event.host == module.host then
		logins[event.username] = nil;
	end
end, 1000);

local due, rested = {}, 0;
module:add_timer(1, function ()
	rested = rested + 1;
	if #due == 0 and rested >= rest then
		rested = 0;
		for username in pairs(logins) do
			table.insert(due, username);
		end
	end
	for _ = 1, math.min(most_a_second, #due) do
		write(table.remove(due));
	end
	return 1;
end);

module:hook_global("server-cleanup", lib.write_all);

return lib;
