-- Options as the configuration has them; what they may be is known to muster.so, and to mod_muster for the store's.

local lfs = require "lfs";
local modulemanager = require "core.modulemanager";
local usermanager = require "core.usermanager";
local resolve_relative_path = require "util.paths".resolve_relative_path;

local have_muster, muster = pcall(require, "muster");

local lib = {};

-- Languages lie beside the modules.
local function shipped_languages()
	local path = module:get_directory().."/muster_languages";
	return lfs.attributes(path, "mode") == "directory" and path or nil;
end

-- Where a stock module keeps a rule it owns that rule, and ours steps back: by module, the options as we take them then
local default = {}; -- as if it did not stand in the configuration
local owners = {
	register_limits = {
		muster_throttle = false, min_seconds_between_registrations = default, registration_throttle_max = default;
		registration_throttle_period = default, registration_blocklist = default, registration_blacklist = default;
		allowlist_registration_only = default, whitelist_registration_only = default;
	};
	mimicking = { block_registrations_confusable = false };
	tombstones = { user_tombstone_expiry = 0 };
};

-- An option's value from the configuration, unless another module has its rule
local function option_of(context, is_loaded, name, otherwise)
	for owner, options in pairs(owners) do
		if options[name] ~= nil and is_loaded(context.host, owner) then
			if options[name] == default then
				return otherwise;
			end
			return options[name];
		end
	end
	return context:get_option(name, otherwise);
end

-- Names that Prosody takes, too, where the newer or narrower one does not stand in the configuration
local others = {
	registration_allowlist = "registration_whitelist", registration_blocklist = "registration_blacklist";
	allowlist_registration_only = "whitelist_registration_only", c2s_require_encryption = "require_encryption";
};

-- Does this module keep a rule in place of ours?
function lib.owns_rules(name)
	return owners[name] ~= nil;
end

-- What engine:host takes, or nil and what is wrong. context: the module on that host; is_loaded: nil, or tells in place
-- of modulemanager's which modules are there
function lib.of_host(context, is_loaded)
	local options = { muster_languages = shipped_languages() };
	local index = 1;
	local name = have_muster and muster.option(index);
	while name do
		options[name] = option_of(context, is_loaded or modulemanager.is_loaded, name, options[name]);
		index = index + 1;
		name = muster.option(index);
	end
	for first, other in pairs(others) do
		local value = options[first];
		if value == nil then
			value = option_of(context, is_loaded or modulemanager.is_loaded, other);
		end
		options[first], options[other] = value, nil;
	end
	if options.muster_quarantine and not usermanager.set_user_role then
		return nil, "option muster_quarantine: this server has no roles, which begin with Prosody 13";
	end
	return options;
end

local function not_allowed(option, value, allowed)
	local shown = type(value) == "string" and ("%q"):format(value) or tostring(value);
	return nil, ("option %s: %s is not allowed; allowed: %s"):format(option, shown, allowed);
end

-- What muster.open takes: a path and options, or nil and what is wrong. context: the module on "*"
function lib.of_store(context)
	local path = context:get_option("muster_path", "muster");
	if type(path) ~= "string" or path == "" then
		return not_allowed("muster_path", path, "the path of a directory");
	end
	local options = { server = prosody.process_type == "prosody" };
	local pepper_file = context:get_option("muster_pepper_file");
	if pepper_file ~= nil then
		if type(pepper_file) ~= "string" or pepper_file == "" then
			return not_allowed("muster_pepper_file", pepper_file, "the path of a file");
		end
		options.pepper_file = resolve_relative_path(prosody.paths.config, pepper_file);
	end
	for option, name in pairs({ muster_map_size = "map_size", muster_hash_threads = "hash_threads" }) do
		local value = context:get_option(option);
		if value ~= nil and (math.type(value) ~= "integer" or value < 1) then
			return not_allowed(option, value, "a whole number from 1");
		end
		options[name] = value;
	end
	return resolve_relative_path(prosody.paths.data, path), options;
end

return lib;
