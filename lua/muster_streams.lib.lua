-- Streams that have logged in, also those that have no resource yet: those are in no list of the host's, and could wait
-- until what they logged in by is no longer good.

local state = module:shared("/*/muster/state");
state.unbound = state.unbound or setmetatable({}, { __mode = "k" }); -- sessions

local hosts = prosody.hosts;

local lib = {};

-- A list of the sessions of an account.
function lib.of(username, host)
	local list, user = {}, hosts[host].sessions[username];
	for _, session in pairs(user and user.sessions or {}) do
		table.insert(list, session);
	end
	for session in pairs(state.unbound) do
		if session.username == username and session.host == host and not session.resource then
			table.insert(list, session);
		end
	end
	return list;
end

-- A stream that is resumed goes on as it was, but by what it has logged in with now.
local function resume(resumed, by)
	resumed.muster_device = by.muster_device;
end

-- Call a function with the session of each login to this host.
function lib.at_login(call)
	for _, event in ipairs({ "authentication-success", "sasl2/c2s/success" }) do
		module:hook(event, function (login)
			if login.session.username then
				call(login.session);
			end
		end, 70);
	end
end

-- Know of the streams of this host.
function lib.watch()
	lib.at_login(function (session) state.unbound[session] = true; end);
	module:hook("resource-bind", function (event) state.unbound[event.session] = nil; end);
	module:hook_global("c2s-session-updated", function (event) -- Prosody 13
		if event.session.host == module.host then
			resume(event.session, event.from_session);
		end
	end);
	module:hook("smacks-hibernation-end", function (event) -- Prosody 0.12; the other has emptied origin by then
		if event.origin.username then
			resume(event.resumed, event.origin);
		end
	end);
end

return lib;
