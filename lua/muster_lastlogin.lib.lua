-- When somebody last logged in to an account, and over what. Prosody's storage has it, in the records of Prosody 13's
-- mod_account_activity, so that what reads those finds it; with keys of our own beside, for that module's time moves
-- when a stream ends, too. Times are kept in memory first: a login writes nothing, an account's record is written once
-- an hour at most, a few records a second; a server that is killed forgets the last hour.

local accounts = module:require "muster_host";
local streams = module:require "muster_streams";

local rest, most_a_second = module:get_option_number("muster_lastlogin_interval", 3600), 50;
local store = module:open_store("account_activity");

-- By host and username, what is not written yet. It outlives a reload of this module.
accounts.state.logins = accounts.state.logins or {};
local logins = accounts.state.logins[module.host] or {};
accounts.state.logins[module.host] = logins;

local lib = {};

local function write(username)
	local login = logins[username];
	logins[username] = nil;
	if not login then return; end -- the account is gone
	local record, err = store:get(username);
	record = record or {};
	record.login, record.door, record.timestamp = login.at, login.door, math.max(login.at, record.timestamp or 0);
	if not err then
		err = select(2, store:set(username, record));
	end
	if err then
		module:log("warn", "Cannot store when somebody logged in to %s@%s: %s", username, module.host, err);
	end
end

-- Seconds and the door, "c2s", "bosh" or "websocket"; nil if nobody was seen to log in, or if it is not known
function lib.get(username)
	if logins[username] then
		return logins[username].at, logins[username].door;
	end
	local record = store:get(username) or {};
	return record.login or record.timestamp, record.login and record.door;
end

function lib.write_all()
	for username in pairs(logins) do
		write(username);
	end
end

streams.at_login(function (session)
	local door = session.bosh_version and "bosh" or session.websocket_request and "websocket" or "c2s";
	logins[session.username] = { at = os.time(), door = door };
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
