-- What the rules of muster.so need from the host: functions of the operator's own, DNS lists, roles.

local async = require "util.async";
local add_task = require "util.timer".add_task;
local jid_join = require "util.jid".join;
local jid_split = require "util.jid".prepped_split;
local usermanager = require "core.usermanager";

local has_roles = usermanager.get_user_role ~= nil; -- Prosody 13
local lookup_timeout = 5;
local lib = {};

-- --- muster_rules: functions by name, asked in the order of their names behind all other rules ---

-- The names of the operator's rules; or nil and why they cannot be asked
local function names_of(rules)
	if type(rules) ~= "table" then
		return nil, "option muster_rules: a table of functions by name is needed";
	end
	local names = {};
	for name, rule in pairs(rules) do
		if type(name) ~= "string" or type(rule) ~= "function" then
			return nil, ("option muster_rules: %s is not allowed; allowed: functions by name"):format(tostring(name));
		end
		table.insert(names, name);
	end
	table.sort(names);
	return names;
end

-- Why a host cannot be used, or nil. context: the module on that host
function lib.wrong_option(context)
	local _, why = names_of(context:get_option("muster_rules", {}));
	return why;
end

local function only_text(value)
	return type(value) == "string" and value or nil;
end

local function only_seconds(value)
	return type(value) == "number" and value > 0 and value < 2^31 and math.ceil(value) or nil;
end

-- What a rule says: nil if it lets pass, or a refusal. One that fails refuses: nobody gets in by its fault.
local function ask_rule(name, rule, request)
	local ok, said = pcall(rule, request);
	if not ok then
		module:log("error", "Error in the rule %s: %s", name, said);
		return { rule = name, type = "wait", condition = "internal-server-error" };
	elseif type(said) == "string" then
		return { rule = name, text = said };
	elseif type(said) == "table" then
		return {
			rule = name, type = only_text(said.type), condition = only_text(said.condition), text = only_text(said.text);
			wait = only_seconds(said.wait);
		};
	elseif said == false then
		return { rule = name };
	end
end

-- Ask the operator's rules about a request: username, host, address, door, invited, fields. A refusal, or nil.
local function ask_rules(request, tell)
	local rules = module:get_option("muster_rules", {});
	for _, name in ipairs(names_of(rules) or {}) do
		local refusal = ask_rule(name, rules[name], request);
		if tell then
			tell(name, refusal);
		elseif refusal then
			return refusal;
		end
	end
end

-- Have an operation that makes an account judged. order: as it was begun with. An outcome that refuses, or nil.
function lib.look(operation, order)
	local refused = operation:look();
	if refused or order.override or (operation:kind() ~= "register" and operation:kind() ~= "create") then
		return refused;
	end
	local refusal = ask_rules({
		username = operation:username(), host = module.host, address = order.address, door = order.door or "in-band";
		invited = order.invited or false, fields = operation:fields();
	});
	return refusal and operation:veto(refusal) or nil;
end

-- --- DNS lists ---

-- A list answers with an address of 127.0.0.0/8 for what it has, and with 127.255.255.0/24 to who asks it wrongly.
local function is_listed(answer)
	for _, record in ipairs(answer or {}) do
		local address = tostring(record.a or "");
		if address:find("^127%.") and not address:find("^127%.255%.255%.") then
			return true;
		end
	end
	return false;
end

-- Which DNS list has this address, if one has. Waits for the answers, but not for long: a list that is silent has
-- nothing to say.
function lib.list_of(host, address)
	local names = type(address) == "string" and host:lookups(address) or {};
	if not next(names) or not async.ready() then return; end
	local adns = require "net.adns";
	local sleep, wake = async.waiter();
	local open, listed, over = 0, nil, false;
	for _ in pairs(names) do
		open = open + 1; -- before any is asked, for what is known already is answered at once
	end
	local function finish()
		if not over then
			over = true;
			wake();
		end
	end
	for name, list in pairs(names) do
		adns.lookup(function (answer)
			open = open - 1;
			if is_listed(answer) then
				listed = list;
			end
			if open == 0 or listed then
				finish();
			end
		end, name, "A", "IN");
	end
	add_task(lookup_timeout, finish);
	sleep();
	return listed;
end

-- --- explaining ---

-- What every rule says of a made-up registration: muster.so's, then the operator's. Waits for DNS lists.
function lib.explain(host, candidate)
	if candidate.self_service and candidate.address and not candidate.listed then
		candidate.listed = lib.list_of(host, candidate.address);
	end
	local opinions, why, code = host:explain(candidate);
	if not opinions then
		return nil, why, code;
	end
	ask_rules({
		username = candidate.username, host = module.host, address = candidate.address;
		door = candidate.self_service and "in-band" or "console", invited = candidate.invited or false, fields = {};
	}, function (name, refusal)
		table.insert(opinions, {
			rule = name, verdict = refusal and "refuse" or "pass";
			detail = refusal and refusal.text, wait = refusal and refusal.wait;
		});
	end);
	return opinions;
end

-- --- roles ---

-- The role of an account, as muster_unregister_roles names them
function lib.role_of(username)
	if has_roles then
		local role = usermanager.get_user_role(username, module.host);
		return role and role.name or nil;
	end
	return usermanager.is_admin(username.."@"..module.host, module.host) and "prosody:admin" or "prosody:user";
end

-- Can this account be used to administer anything? Of accounts elsewhere nobody knows.
local function is_usable(username, host)
	local provider = host == module.host and usermanager.get_provider(host);
	return not provider or (username ~= nil and provider.is_enabled(username));
end

local function add(set, jid)
	local username, host = jid_split(jid);
	if host and is_usable(username, host) then
		set[jid_join(username, host)] = true;
	end
end

-- Those who administer this host: by the configuration, and by role
local function admins()
	local set = {};
	for jid in module:get_option_inherited_set("admins", {}) do
		add(set, tostring(jid));
	end
	for _, role in ipairs(has_roles and { "prosody:admin", "prosody:operator" } or { "prosody:admin" }) do
		local ok, users = pcall(usermanager.get_users_with_role, role, module.host);
		for _, username in ipairs(ok and users or {}) do
			add(set, jid_join(username, module.host));
		end
	end
	return set;
end

-- Is this account the only one that administers the host?
function lib.is_last_admin(username)
	local set = admins();
	local own = username.."@"..module.host;
	if not set[own] then
		return false;
	end
	set[own] = nil;
	return next(set) == nil;
end

return lib;
