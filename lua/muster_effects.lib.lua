-- What is to be done in the server when an account was made, changed or removed: its streams closed, the host's events
-- fired, its other data removed. An effect may be carried out twice; that does no harm.

local storagemanager = require "core.storagemanager";
local usermanager = require "core.usermanager";

local hosts = prosody.hosts;
local state = module:shared("/*/muster/state");
-- Accounts that are gone while the host still takes their data apart, by bare JID. It saves and announces what becomes
-- of a roster only for users that exist: without this their contacts would not be told.
state.departing = state.departing or {};
local has_roles = usermanager.set_user_role ~= nil; -- Prosody 13
local has_states = usermanager.disable_user ~= nil; -- Prosody 13

local function fire_global(name, effect, resource)
	prosody.events.fire_event(name, { username = effect.username, host = effect.host, resource = resource });
end

-- As stock modules call it in their events
local function source_of(effect)
	return effect.door == "in-band" and "mod_register" or effect.door;
end

local function fire_host(name, effect, asker)
	local session = asker and (asker.stream.destroyed and asker.session or asker.stream);
	hosts[effect.host].events.fire_event(name, {
		username = effect.username, host = effect.host, source = source_of(effect);
		session = session, ip = session and session.ip, validated_invite = asker and asker.session.validated_invite;
	});
end

local function close_streams(effect, spared)
	local user = hosts[effect.host].sessions[effect.username];
	if not effect.condition or not user then return; end
	local doomed = {};
	for resource, session in pairs(user.sessions) do
		if resource ~= spared then
			table.insert(doomed, session);
		end
	end
	for _, session in ipairs(doomed) do
		session:close({ condition = effect.condition, text = effect.text });
	end
end

local function give_role(effect, role)
	-- mod_authz_internal throws at a role that it does not know
	local ok, given, err = pcall(usermanager.set_user_role, effect.username, effect.host, role);
	if not ok or not given then
		module:log("error", "%s@%s did not get the role %s: %s", effect.username, effect.host, role, err or given);
	end
end

local function store_details(effect)
	local store = storagemanager.open(effect.host, "account_details");
	local ok, err = store:set(effect.username, { registered = effect.at });
	if not ok then
		module:log("error", "Cannot store when %s@%s registered: %s", effect.username, effect.host, err);
	end
end

-- The host takes apart what an account that is gone leaves behind: begin, and end.
local function depart(username, host)
	state.departing[username.."@"..host] = true;
end

local function departed(username, host)
	local jid = username.."@"..host;
	state.departing[jid] = nil;
	-- Loaded meanwhile, it would be the roster of the next account of that name
	local rosters = hosts[host] and hosts[host].roster_cache;
	if rosters then
		rosters:set(jid, nil);
	end
end

local carry = {};

carry["registered"] = function (effect, asker)
	if effect.door == "in-band" then
		if has_roles then
			local host = module:context(effect.host);
			give_role(effect, asker and asker.role
				or host:get_option_string("register_ibr_default_role", "prosody:registered"));
		end
		store_details(effect);
	end
	if has_states then
		fire_global("user-password-changed", effect);
		fire_global("user-enabled", effect);
	end
	module:log("info", "User account created: %s@%s", effect.username, effect.host);
	if effect.door ~= "provider" then -- there the host's own code is in charge, which does not fire it
		fire_host("user-registered", effect, asker);
	end
end

carry["password-changed"] = function (effect, asker)
	local resource = asker and asker.session.resource;
	close_streams(effect, resource);
	fire_global("user-password-changed", effect, resource);
end

carry["deleted"] = function (effect, asker)
	close_streams(effect);
	depart(effect.username, effect.host);
	local ok, err = pcall(fire_global, "user-deleted", effect);
	departed(effect.username, effect.host);
	if not ok then
		module:log("error", "Error in a handler of user-deleted: %s", err);
	end
	storagemanager.purge(effect.username, effect.host);
	module:log("info", "User account deleted: %s@%s", effect.username, effect.host);
	if effect.door == "in-band" then
		fire_host("user-deregistered", effect, asker);
	end
end

-- As stock mod_user_account_management announces it
carry["deletion-pending"] = function (effect, asker)
	close_streams(effect);
	if has_states then
		fire_global("user-disabled", effect);
	end
	fire_host("user-deregistered-pending", effect, asker);
	module:log("info", "User account removed by its owner, to be purged later: %s@%s", effect.username, effect.host);
end

carry["disabled"] = function (effect)
	close_streams(effect);
	fire_global("user-disabled", effect);
end

carry["enabled"] = function (effect)
	fire_global("user-enabled", effect);
end

-- A service keeps registrations, no accounts: nothing but its own modules is told.
local announce = {
	["registered"] = "service-registered";
	["deleted"] = "service-unregistered";
	["password-changed"] = "service-password-changed";
};

local function tell_service(effect)
	hosts[effect.host].events.fire_event(announce[effect.effect], { jid = effect.username, host = effect.host });
end

local function carrier_of(effect)
	return hosts[effect.host].type == "component" and tell_service or carry[effect.effect];
end

local lib = { depart = depart, departed = departed };

-- asker: nil, or who asked for it in band: the stream, its session as it was then, and the role of a new account
function lib.carry_out(effect, asker)
	local ok, err = pcall(carrier_of(effect), effect, asker);
	if not ok then -- not tried again: it would fail at every start
		module:log("error", "After %s of %s@%s: %s", effect.effect, effect.username, effect.host, err);
	end
end

-- Does usermanager itself fire the events of such an effect, when its own functions caused it?
function lib.announced_by_host(effect)
	return has_states or (effect.effect ~= "disabled" and effect.effect ~= "enabled");
end

return lib;
