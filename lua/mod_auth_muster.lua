-- mod_auth_muster: the accounts of a host in Muster's store (authentication = "muster").

local add_task = require "util.timer".add_task;
local jid_join = require "util.jid".join;
local sasl_new = require "util.sasl".new;

local accounts = module:require "muster_host";
local audit = module:require "muster_audit";
local effects = module:require "muster_effects";
local rules = module:require "muster_rules";
local sasl = module:require "muster_sasl";

local state = accounts.state;
local refused = "Nobody can log in on "..module.host;

-- Sentences for codes that come without one
local sentences = {
	["exists"] = "The username is already taken.";
	["not-found"] = "Account not available.";
	["wrong-password"] = "Auth failed. Invalid username or password.";
	["disabled"] = "Account disabled.";
};

local function failure(text, code)
	return nil, text or sentences[code] or code or "Account not available.", code;
end

-- Run an operation by name: true, or nil and a sentence.
local function run(kind, order)
	local host, why = accounts.host();
	if not host then
		return nil, why;
	end
	if type(order.username) ~= "string" then
		return failure(nil, "not-found");
	end
	order.door = accounts.door;
	local operation, text, code = host[kind](host, order);
	if not operation then
		accounts.count_unbegun(kind, code, order.door);
		audit.note_unbegun(host, kind, order, code, text);
		return failure(text, code);
	end
	local outcome = rules.look(operation, order) or accounts.finish(operation);
	accounts.count(outcome, order.door);
	accounts.settle(outcome);
	if not outcome.ok then
		return failure(outcome.text, outcome.error);
	end
	return true;
end

-- Read something of an account: the host's answer, or nil and a sentence.
local function read(kind, username)
	local host, why = accounts.host();
	if not host then
		return nil, why;
	end
	if type(username) ~= "string" then
		return failure(nil, "not-found");
	end
	local value, text, code = host[kind](host, username);
	if value == nil then
		return failure(text, code);
	end
	return value;
end

local provider = {};

function provider.test_password(username, password)
	return run("check_password", { username = username, password = password });
end

function provider.get_password()
	return nil, "Passwords cannot be read.";
end

function provider.set_password(username, password)
	if type(password) ~= "string" then
		return nil, "A password is needed.";
	end
	local ok, why, code = run("change_password", { username = username, password = password });
	-- Prosody 13 names an account first; one whose password is refused must not keep its name
	if code == "bad-password" and (read("info", username) or {}).state == "unfinished" then
		run("unregister", { username = username });
	end
	return ok, why;
end

function provider.user_exists(username)
	if username and state.departing[jid_join(username, module.host)] then
		return true;
	end
	local exists, why = read("exists", username);
	if not exists then
		return nil, why or sentences["not-found"];
	end
	return true;
end

function provider.create_user(username, password)
	if password == nil then
		return run("create", { username = username });
	end
	-- prosodyctl passwd of Prosody 0.12 calls this for a name that exists
	if not accounts.in_server and provider.user_exists(username) then
		return provider.set_password(username, password);
	end
	return run("register", { username = username, password = password });
end

function provider.delete_user(username)
	local ok, why = run("unregister", { username = username });
	if ok then
		-- usermanager fires user-deleted as soon as we return
		effects.depart(username, module.host);
		add_task(0, function () effects.departed(username, module.host); end);
	end
	return ok, why;
end

function provider.get_account_info(username)
	local info, why = read("info", username);
	if not info then
		return nil, why;
	end
	local last_login = accounts.shared.last_login;
	return {
		created = info.created, password_updated = info.password_changed, enabled = info.state == "enabled";
		last_login = last_login and last_login(info.username) or nil;
	};
end

function provider.is_enabled(username)
	local info, why = read("info", username);
	if not info then
		return nil, why;
	end
	return info.state == "enabled";
end

function provider.enable(username)
	return run("enable", { username = username });
end

function provider.disable(username, meta)
	local reason = type(meta) == "table" and (meta.comment or meta.reason) or nil;
	return run("disable", { username = username, reason = reason and tostring(reason) });
end

function provider.users()
	local host = accounts.host();
	if not host then
		return function () end;
	end
	local step = accounts.users(host);
	return function ()
		local username, kind;
		repeat
			username, kind = step();
		until kind ~= "unfinished"; -- it may be gone before anybody asks for its details
		return username;
	end;
end

-- Tokens (Prosody 13) are the host's own, and log in to these accounts too.
local tokens;
if accounts.in_server and pcall(require, "util.sasl.oauthbearer") then
	local ok, tokenauth = pcall(module.depends, module, "tokenauth");
	if ok and tokenauth then
		tokens = function ()
			return sasl_new(module.host, { oauthbearer = tokenauth.sasl_handler(provider, "oauth2",
				module:shared("tokenauth/oauthbearer_config")) });
		end;
		-- mod_tokenauth itself goes by the second in which they were made, and lets them be used when the account is
		-- enabled again.
		local function revoke(event)
			if event.host ~= module.host then return; end
			for id in pairs(tokenauth.get_user_grants(event.username) or {}) do
				tokenauth.revoke_grant(event.username, id);
			end
		end
		module:hook_global("user-password-changed", revoke, 300); -- before mod_c2s closes streams
		module:hook_global("user-disabled", revoke, 300);
	end
end

function provider.get_sasl_handler(session)
	return sasl.new(module.host, session, tokens);
end

if accounts.in_server then
	module:hook("user-registered", function (event) effects.announced(event.username, module.host); end, 1000);
end

-- Accounts that their owners removed, when the time in which they can be restored is over
local function purge()
	local host = state.watched and accounts.host();
	local due, why = {}, nil;
	if host then
		due, why = host:due(os.time());
	end
	if not due then
		module:log("error", "Cannot see which accounts are to be purged: %s", why);
		return;
	end
	for _, username in ipairs(due) do
		local operation = host:fall_due({ username = username, door = "in-band", actor = "timer" });
		if operation then
			accounts.finish_then(operation, function (outcome)
				for _, action in ipairs(outcome) do
					accounts.carry_out(action);
				end
			end);
		end
	end
end

if accounts.in_server then
	local period = module:get_option_number("muster_purge_interval", 60);
	module:add_timer(period, function ()
		purge();
		return period;
	end);
end

if accounts.in_server then
	module:require "muster_streams".watch();
	module:require "muster_fast";
	module:require "muster_upgrade";
end

if accounts.in_server then
	local admin = module:require "muster_admin";
	accounts.shared.last_login = admin.last_login;
	module:require "muster_inviting";
	module:require "muster_devices";
	function module.unload()
		if not module.reloading then
			admin.stop();
		end
	end
end

accounts.reload(refused);
module:hook_global("config-reloaded", function () accounts.reload(refused); end);
accounts.watch_owners();
accounts.shared.look, accounts.shared.explain = rules.look, rules.explain;

module:provides("auth", provider);
