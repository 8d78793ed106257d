-- prosodyctl mod_muster check: what is wrong with the configuration, or might not be meant, one line a finding. It
-- looks and changes nothing, also beside a running server.

local config = require "core.configmanager";
local get_modules_for_host = require "core.modulemanager".get_modules_for_host;

local have_muster, muster = pcall(require, "muster");
local read_options = module:require "muster_options".of_host;
local rules = module:require "muster_rules";

local levels = { "error", "warning", "note" };
local least_iterations = 10000;
local least_length = 8;

-- Prosody's modules that keep a rule, or do something, that Muster keeps or does too, or leaves to them
local stock = {
	{ "register_ibr", "warning", "register_ibr is loaded too and never asked, for register_muster answers first;"
		.." take it out of modules_enabled" };
	{ "register_limits", "note", "register_limits has the throttle and the blocklist, and Muster's step back; Muster's"
		.." own count networks, and over restarts: take it out of modules_enabled for them" };
	{ "tombstones", "note", "tombstones keeps the names of removed accounts, and Muster does not; take it out of"
		.." modules_enabled and user_tombstone_expiry is Muster's" };
	{ "mimicking", "note", "mimicking refuses names that look like others, and Muster does not; take it out of"
		.." modules_enabled and block_registrations_confusable is Muster's" };
	{ "user_account_management", "note", "user_account_management is not asked in band, Muster changes passwords and"
		.." removes accounts itself; its options are registration_delete_grace_period and Muster's own" };
	{ "admin_adhoc", "note", "admin_adhoc's commands that look after accounts give way to Muster's, which ask the rules;"
		.." its others stay" };
	{ "welcome", "note", "welcome greets new accounts; Muster leaves that to it" };
	{ "watchregistrations", "note", "watchregistrations tells of new accounts; Muster leaves that to it" };
};

-- --- one host: `at` has name, context, modules, and mode: who may register, with invitations counted in ---

-- Whoever owns the throttle, Muster's is there unless it is switched off, register_limits' if it is switched on.
local function is_throttled(at)
	if at.modules:contains("register_limits") then
		return at.context:get_option("registration_throttle_max")
			or at.context:get_option("min_seconds_between_registrations");
	end
	return at.context:get_option("muster_throttle") ~= false;
end

local function is_limited(at)
	return is_throttled(at) or at.context:get_option("muster_rate")
		or at.context:get_option("allowlist_registration_only") == true;
end

-- It fails at every registration then.
local function check_register_limits(at, report)
	if at.modules:contains("register_limits") and at.context:get_option("registration_throttle_max")
		and not at.context:get_option("registration_throttle_period")
		and not at.context:get_option("min_seconds_between_registrations") then
		report("error", "register_limits fails at every registration, for registration_throttle_max is without a period;"
			.." set registration_throttle_period");
	end
end

local modes = {};

-- Do strangers have to show that they are no programs, or at least to work for it?
local function is_challenged(at)
	local challenges = at.context:get_option("muster_challenges");
	return type(challenges) == "table" and next(challenges) ~= nil;
end

function modes.open(at, report)
	if is_limited(at) then
		if not is_challenged(at) then
			report("note", "anybody can register here, as often as the throttle lets an address, and so can programs;"
				..' set muster_challenges, or muster_registration = "approval"');
		end
	else
		report("warning", ("anybody can register here as often as they like; set %s, or"
			..' muster_registration = "approval"'):format(at.modules:contains("register_limits")
			and "registration_throttle_max and registration_throttle_period"
			or 'muster_throttle = { limit = 3, period = "1 hour" }'));
	end
end

function modes.invitation(_, report)
	report("note", "registration is by invitation only, for invites_register is loaded;"
		.." registration_invite_only = false opens it");
end

function modes.approval(at, report)
	local admins = at.context:get_option("admins");
	if type(admins) ~= "table" or next(admins) == nil then
		report("warning", "accounts wait for approval, and admins names nobody who could give it; set admins");
	end
end

function modes.redirect(at, report)
	if at.context:get_option("registration_url") == nil then
		report("warning", "people are told to register elsewhere, but not where; set registration_url");
	end
end

local function configured_mode(context)
	local word = context:get_option("muster_registration");
	if word == nil then
		return context:get_option("allow_registration") == false and "closed" or "open";
	end
	return word;
end

-- host: nil if the store cannot be asked what operators have said since
local function mode_of(at, host)
	local mode, till;
	if host then
		mode, till = host:mode();
	end
	if not mode then
		mode, till = configured_mode(at.context), nil;
	end
	if mode == "open" and at.modules:contains("invites_register")
		and at.context:get_option("registration_invite_only") ~= false then
		mode = "invitation";
	end
	return mode, till;
end

local function check_registration(at, report, host)
	local mode, till = mode_of(at, host);
	if till then
		report("note", ("an operator's directive sets muster_registration to %q%s"):format(mode,
			till > 0 and os.date("! until %Y-%m-%d %H:%M UTC", till) or ""));
	end
	if modes[mode] then
		modes[mode](at, report);
	end
	local encrypted = at.context:get_option("c2s_require_encryption", at.context:get_option("require_encryption"));
	if mode ~= "closed" and mode ~= "redirect" and encrypted == false then
		report("warning", "passwords of those who register may come in the clear; set c2s_require_encryption = true");
	end
	if at.modules:contains("register") and at.context:get_option("allow_registration") == true then
		report("warning", "allow_registration = true has mod_register load register_ibr, which is never asked, for"
			.." register_muster answers first; take register out of modules_enabled");
	end
	for _, name in ipairs({ "bosh", "websocket" }) do
		if at.modules:contains(name) and config.get("*", "trusted_proxies") == nil then
			report("note", ("%s is loaded: behind a proxy on another machine everybody counts as one address;"
				.." name it in trusted_proxies, by default 127.0.0.1 and ::1"):format(name));
		end
	end
	check_register_limits(at, report);
	for _, each in ipairs(stock) do
		if at.modules:contains(each[1]) then
			report(each[2], each[3]);
		end
	end
end

local function check_passwords(at, report)
	local policy = at.context:get_option("password_policy", {});
	local length = type(policy) == "table" and (policy.length or 1);
	if math.type(length) and length < least_length then
		report("warning", ("passwords may be as short as %d; set password_policy = { length = %d }")
			:format(length, least_length));
	end
	local iterations = at.context:get_option("default_iteration_count", least_iterations);
	if math.type(iterations) and iterations < least_iterations then
		report("warning", ("default_iteration_count = %d makes stolen passwords easy to guess; set %d or more")
			:format(iterations, least_iterations));
	end
end

local function check_authentication(at, report)
	local authentication = at.context:get_option("authentication", "internal_hashed");
	if authentication ~= "muster" and authentication ~= "anonymous" then
		report("error", ('nobody can register, for accounts are not kept by Muster (authentication = "%s");'
			..' set authentication = "muster"'):format(tostring(authentication)));
	end
end

-- A host that Muster keeps, by the kind that it is: "host", "service" or nil
local function kind_of(at)
	if at.component then
		return at.component == "registration_service" and "service" or nil;
	end
	local ours = at.modules:contains("register_muster") or at.context:get_option("authentication") == "muster";
	return ours and "host" or nil;
end

-- What is wrong with a host's options, or nil and the options
local function wrong_options(at)
	local options, why = read_options(at.context, function (_, name) return at.modules:contains(name); end);
	if not options then
		return why;
	end
	local wrong = at.kind == "host" and rules.wrong_option(at.context);
	if wrong then
		return wrong;
	end
	local fine, text = muster.check(at.kind, at.name, options);
	return not fine and text or nil, options;
end

local function check_host(at, report, engine)
	local wrong, options = wrong_options(at);
	if wrong then
		report("error", wrong);
		return;
	elseif at.kind == "service" then
		return;
	elseif at.modules:contains("register_muster") then
		check_authentication(at, report);
		check_registration(at, report, engine and engine:host(at.name, options));
	elseif at.modules:contains("register_ibr")
		or at.modules:contains("register") and at.context:get_option("allow_registration") == true then
		report("warning", "register_ibr registers here, by none of Muster's rules about who may;"
			.." load register_muster in its place");
	end
	check_passwords(at, report);
end

-- --- all of them ---

local function hosts_of_muster()
	local list = {};
	for name in pairs(config.getconfig()) do
		if name ~= "*" and config.get(name, "enabled") ~= false then
			local modules, component = get_modules_for_host(name);
			local at = { name = name, context = module:context(name), modules = modules, component = component };
			at.kind = kind_of(at);
			table.insert(list, at.kind and at);
		end
	end
	table.sort(list, function (one, other) return one.name < other.name; end);
	return list;
end

local function check_all(report_on)
	local report = report_on("*");
	if not have_muster then
		report("error", ("muster.so cannot be loaded, is it in Lua's path for C modules? %s")
			:format((tostring(muster):gsub("%s*\n.*", ""))));
		return;
	end
	if config.get("*", "run_as_root") then
		report("warning", "the server may run as root; remove run_as_root, and start it as a user of its own");
	end
	local engine = module:require "muster_check_store".check(report);
	local hosts = hosts_of_muster();
	if #hosts == 0 then
		report("warning", 'no host is Muster\'s; set authentication = "muster" and load register_muster');
	end
	for _, at in ipairs(hosts) do
		check_host(at, report_on(at.name), engine);
	end
	if engine then
		engine:close();
	end
end

local function print_findings(findings)
	local wide = 0;
	for _, finding in ipairs(findings) do
		wide = math.max(wide, #finding.host);
	end
	for _, finding in ipairs(findings) do
		print(("%-7s  %-"..wide.."s  %s"):format(finding.level, finding.host, finding.text));
	end
end

local function summary(counts)
	local words = {};
	for _, level in ipairs(levels) do
		table.insert(words, ("%d %s%s"):format(counts[level], level, counts[level] == 1 and "" or "s"));
	end
	return table.concat(words, ", ");
end

local lib = {};

-- Returns the exit status: 0 if there are at most notes.
function lib.check()
	local findings, counts = {}, { error = 0, warning = 0, note = 0 };
	check_all(function (host)
		return function (level, text)
			counts[level] = counts[level] + 1;
			table.insert(findings, { level = level, host = host, text = text });
			return false;
		end;
	end);
	print_findings(findings);
	print(summary(counts));
	return counts.error + counts.warning == 0 and 0 or 1;
end

function lib.command(arg)
	if arg[1] == "check" and not arg[2] then
		return lib.check();
	end
	print("Usage: prosodyctl mod_muster check");
	print("Look for what is wrong with accounts and registration, or might not be meant. Changes nothing.");
	return arg[1] == "--help" and 0 or 1;
end

return lib;
