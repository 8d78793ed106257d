-- What is to be done in the server when an account was made, changed or removed: its streams closed, the host's events
-- fired, its other data removed. An effect may be carried out twice; that does no harm.

local st = require "util.stanza";
local add_task = require "util.timer".add_task;
local jid_prep = require "util.jid".prep;
local storagemanager = require "core.storagemanager";
local usermanager = require "core.usermanager";

local contacts = module:require "muster_roster";
local streams = module:require "muster_streams";

local hosts = prosody.hosts;
local state = module:shared("/*/muster/state");
-- Accounts that are gone while the host still takes their data apart, by bare JID. It saves and announces what becomes
-- of a roster only for users that exist: without this their contacts would not be told.
state.departing = state.departing or {};
-- Accounts that the host's own code has just made, by bare JID: an effect, until somebody has fired user-registered
state.unannounced = state.unannounced or {};
local has_roles = usermanager.set_user_role ~= nil; -- Prosody 13
local has_states = usermanager.disable_user ~= nil; -- Prosody 13

local function fire_global(name, effect, resource)
	prosody.events.fire_event(name, { username = effect.username, host = effect.host, resource = resource });
end

-- As stock modules call it in their events
local function source_of(effect)
	return effect.door == "in-band" and "mod_register" or effect.door;
end

-- Where an account was registered from, whose owner is gone when it is told of: it waited to be approved, say
local function address_of(effect)
	local open = module:shared("/"..effect.host.."/muster/host").open;
	local host = open and open();
	local info = host and host:info(effect.username);
	return info and info.address;
end

local function fire_host(name, effect, asker)
	local stream = asker and asker.stream;
	local session = stream and (stream.destroyed and asker.session or stream);
	hosts[effect.host].events.fire_event(name, {
		username = effect.username, host = effect.host, source = source_of(effect);
		session = session, ip = session and session.ip or address_of(effect);
		validated_invite = asker and asker.invite;
	});
end

-- spared: nil, or the resource of a stream that stays open; device: nil, or whose streams are closed, see muster_sasl
local function close_streams(effect, spared, device)
	if not effect.condition then return; end
	for _, session in ipairs(streams.of(effect.username, effect.host)) do
		local is_spared = spared and session.resource == spared;
		if not is_spared and (not device or session.muster_device == device) then
			session:close({ condition = effect.condition, text = effect.text });
		end
	end
end

local function give_role(effect, role)
	-- mod_authz_internal throws at a role that it does not know
	local ok, given, err = pcall(usermanager.set_user_role, effect.username, effect.host, role);
	if not ok or not given then
		module:log("error", "%s@%s did not get the role %s: %s", effect.username, effect.host, role, err or given);
	end
end

-- Roles with spaces between: the account's own, and others beside it
local function give_roles(effect, roles)
	local username, host, given = effect.username, effect.host, {};
	for role in roles:gmatch("%S+") do
		if not has_roles then
			given[role] = true;
		elseif not next(given) then
			given[role] = true;
			give_role(effect, role);
		else
			local ok, added, err = pcall(usermanager.add_user_secondary_role, username, host, role);
			if not ok or not added then
				module:log("error", "%s@%s did not get the role %s: %s", username, host, role, err or added);
			end
		end
	end
	if not has_roles then
		usermanager.set_roles(username.."@"..host, host, given);
	end
end

-- The role of a new account: that of the quarantine, what its invitation, an operator or another module of the host has
-- chosen, or the usual one
local function role_of_new(effect, host, default_role)
	if not has_roles or not default_role then
		return effect.role;
	end
	local quarantine = host:get_option("muster_quarantine");
	local accounts = module:shared("/"..effect.host.."/muster/host").host;
	local info = quarantine and accounts and accounts:info(effect.username);
	if info and info.lift then
		return quarantine.role;
	end
	return effect.role or host:get_option_string(table.unpack(default_role));
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

-- The option with the role of a new account, and its default, as the host's own doors have them. Accounts that the
-- host's own code makes have got theirs from it.
local default_roles = {
	["in-band"] = { "register_ibr_default_role", "prosody:registered" };
	["console"] = { "default_provisioned_role", "prosody:member" };
	["ad-hoc"] = { "default_provisioned_role", "prosody:member" };
};

-- The invitation of another module by which something was done is used up there too.
local function use_up(asker)
	if asker and asker.invite then
		asker.invite:use();
	end
end

local carry = {};

carry["registered"] = function (effect, asker)
	local role = role_of_new(effect, module:context(effect.host), default_roles[effect.door]);
	if role then
		give_roles(effect, role);
	end
	if effect.door == "in-band" then
		store_details(effect);
	end
	if has_states then
		fire_global("user-password-changed", effect);
		fire_global("user-enabled", effect);
	end
	if effect.contact then
		contacts.introduce(effect.host, effect.username, effect.contact);
	end
	module:log("info", "User account created: %s@%s", effect.username, effect.host);
	fire_host("user-registered", effect, asker);
	use_up(asker);
end

carry["befriended"] = function (effect, asker)
	contacts.approve(module:context(effect.host), effect.username, effect.contact, asker ~= nil);
end

carry["password-changed"] = function (effect, asker)
	local resource = asker and asker.session and asker.session.resource;
	close_streams(effect, resource);
	fire_global("user-password-changed", effect, resource);
	if effect.invitation then
		fire_host("user-password-reset", effect, asker);
		use_up(asker);
	end
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

-- One message for as many as come within a while: a wave of bots must not become a wave of messages.
local burst_interval = 60;
state.bursts = state.bursts or {}; -- by host: the names that nobody has been told of
local bursts = state.bursts;

local function tell_admins(host)
	local names = bursts[host];
	bursts[host] = nil;
	local context = module:context(host);
	local shown = table.concat(names, ", ", 1, math.min(#names, 10));
	local body = ("%d %s to be approved on %s: %s%s"):format(#names, #names == 1 and "account is" or "accounts are",
		host, shown, #names > 10 and ", ..." or "");
	local watchers = context:get_option_inherited_set("registration_watchers")
		or context:get_option_inherited_set("admins", {});
	for jid in watchers / jid_prep do
		context:send(st.message({ type = "chat", to = jid, from = host }, body));
	end
end

carry["pending"] = function (effect)
	module:log("info", "User account waits to be approved: %s@%s", effect.username, effect.host);
	local names = bursts[effect.host];
	if names then
		table.insert(names, effect.username);
		return;
	end
	bursts[effect.host] = { effect.username };
	-- The first is told of at once, and those behind it together.
	add_task(1, function ()
		tell_admins(effect.host);
		bursts[effect.host] = {};
		add_task(burst_interval, function ()
			if #bursts[effect.host] > 0 then
				tell_admins(effect.host);
				bursts[effect.host] = {};
				return burst_interval;
			end
			bursts[effect.host] = nil;
		end);
	end);
end

carry["lifted"] = function (effect)
	local host = module:context(effect.host);
	give_role(effect, host:get_option_string("register_ibr_default_role", "prosody:registered"));
	module:log("info", "New account is like others from now on: %s@%s", effect.username, effect.host);
end

carry["device-revoked"] = function (effect)
	close_streams(effect, nil, effect.device);
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

-- asker: nil, or of who asked for it in band the stream, its session as it was then, and as `invite` what other modules
-- are shown of the invitation that was used
function lib.carry_out(effect, asker)
	local ok, err = pcall(carrier_of(effect), effect, asker);
	if not ok then -- not tried again: it would fail at every start
		module:log("error", "After %s of %s@%s: %s", effect.effect, effect.username, effect.host, err);
	end
end

-- The host's in-band registration and the like tell of an account that they had the host make; its console and
-- prosodyctl do not. So what it made is noted, and told of if nobody else has done so when its turn comes.
function lib.expect(effect)
	if effect.effect == "registered" then
		state.unannounced[effect.username.."@"..effect.host] = effect;
	end
end

function lib.announced(username, host)
	state.unannounced[tostring(username).."@"..host] = nil;
end

function lib.complete(effect)
	local jid = effect.username.."@"..effect.host;
	if state.unannounced[jid] == effect and hosts[effect.host] then
		state.unannounced[jid] = nil;
		fire_host("user-registered", effect);
	end
end

-- Does usermanager itself fire the events of such an effect, when its own functions caused it? Of an account that came
-- in band, and was approved by being enabled, nobody has heard yet.
function lib.announced_by_host(effect)
	if effect.effect == "registered" and effect.door == "in-band" then
		return false;
	end
	return has_states or (effect.effect ~= "disabled" and effect.effect ~= "enabled");
end

return lib;
