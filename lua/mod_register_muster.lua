-- mod_register_muster: in-band registration (XEP-0077) on a host whose accounts Muster keeps.
--
-- What is asked and answered is decided in muster.so. Here stanzas become text and text stanzas, other modules of the
-- host are asked for their veto, and what the outcome says is done.

local st = require "util.stanza";
local parse_xml = require "util.xml".parse;
local usermanager = require "core.usermanager";

local accounts = module:require "muster_host";
local effects = module:require "muster_effects";

local xmlns_register = "jabber:iq:register";
local xmlns_feature = "http://jabber.org/features/iq-register";
local refused = "Nobody can register on "..module.host;
local above_stock = 100;

-- Accounts made in a store that login does not use would be of no use.
local function wrong_authentication()
	local name = module:get_option("authentication");
	if name == "muster" or name == "anonymous" then return; end
	return ('option authentication: "%s" is not allowed beside register_muster; allowed: "muster", "anonymous"')
		:format(tostring(name or "internal_hashed"));
end

local misconfigured; -- why registration is out of order, as of the last look at the configuration

-- This host in the store, or nil and why registration is out of order.
local function working_host()
	if misconfigured then
		return nil, misconfigured;
	end
	return accounts.host();
end

local function refuse(session, stanza, kind, condition, code)
	local reply = st.error_reply(stanza, kind, condition);
	reply:get_child("error").attr.code = code;
	session.send(reply);
end

-- The session as it is now: it loses everything once its stream is gone, which may happen before we are done.
local function freeze(session)
	return setmetatable({
		id = session.id, ip = session.ip, type = session.type, client_id = session.client_id, host = session.host;
		username = session.username, resource = session.resource, full_jid = session.full_jid;
		validated_invite = session.validated_invite;
	}, { __index = session });
end

local function facts_of(session, stanza)
	local facts = { secure = not not session.secure, address = session.ip, id = stanza.attr.id };
	if session.type == "c2s_unauthed" then
		facts.sender, facts.stream_host = "stream", session.host;
	elseif session.username and session.host == module.host and (session.type or ""):find("^c2s") then
		local anonymous = usermanager.get_provider(module.host).name == "anonymous";
		facts.sender = anonymous and "anonymous" or "account";
		facts.username, facts.full_jid = session.username, session.full_jid;
	else
		facts.sender, facts.full_jid = "other", stanza.attr.from;
	end
	return facts;
end

-- Prosody knows the stanzas of a stream by having no namespace.
local function without_default_namespace(stanza)
	if stanza.attr.xmlns == "jabber:client" then
		stanza.attr.xmlns = nil;
	end
	return stanza:maptags(without_default_namespace);
end

local act = {};

function act.send(action, asker)
	asker.stream.send(without_default_namespace(assert(parse_xml(action.xml))));
end

function act.close(action, asker)
	asker.stream:close(action.condition and { condition = action.condition, text = action.text });
end

function act.effect(action, asker)
	-- If another process has just removed an account of this name, the new one must not lose its data with it.
	if action.effect == "registered" and accounts.state.poll then
		accounts.state.poll();
	end
	effects.carry_out(action, asker);
	accounts.carried_out(action);
end

local function perform(outcome, asker)
	for _, action in ipairs(outcome) do
		local ok, err = pcall(act[action.kind], action, asker);
		if not ok then
			module:log("error", "Cannot %s: %s", action.kind, err);
		end
	end
end

local function only_text(value)
	return type(value) == "string" and value or nil;
end

-- Why other modules refused, in either of the forms that they use
local function refusal_of(user)
	local why = user.error or { type = user.error_type, condition = user.error_condition, text = user.reason };
	return { type = only_text(why.type), condition = only_text(why.condition), text = only_text(why.text) };
end

-- Ask the other modules of the host. Returns nil, or their refusal.
local function ask_modules(operation, asker)
	local user = {
		username = operation:username(), host = module.host, additional = operation:fields();
		ip = asker.session.ip, session = asker.stream, allowed = true;
		role = usermanager.set_user_role and module:get_option_string("register_ibr_default_role", "prosody:registered");
	};
	local ok, err = pcall(module.fire_event, module, "user-registering", user);
	if not ok then
		module:log("error", "Error in a handler of user-registering: %s", err);
		return { type = "wait", condition = "internal-server-error" };
	elseif not user.allowed then
		return refusal_of(user);
	elseif user.allow_reset then
		-- An invitation to choose a new password for an account must not make another one
		return { type = "cancel", condition = "not-allowed" };
	end
	asker.role = user.role;
	asker.session.validated_invite = user.validated_invite or asker.session.validated_invite;
end

local function go_on(operation, asker)
	if operation:kind() == "register" then
		local refusal = ask_modules(operation, asker);
		local outcome = refusal and operation:veto(refusal) or operation:look();
		if outcome then
			return perform(outcome, asker);
		end
	end
	accounts.finish_then(operation, function (outcome) perform(outcome, asker); end);
end

local function on_request(event)
	local session, stanza = event.origin, event.stanza;
	local host, why = working_host();
	if not host then
		module:log("debug", "%s: %s", refused, why);
		refuse(session, stanza, "cancel", "service-unavailable", "503");
		return true;
	end
	local outcome, text = host:handle(tostring(stanza), facts_of(session, stanza));
	if not outcome then
		module:log("error", "Cannot answer a request: %s", text);
		refuse(session, stanza, "wait", "internal-server-error", "500");
		return true;
	end
	if outcome.operation then
		go_on(outcome.operation, { stream = session, session = freeze(session) });
	else
		perform(outcome, { stream = session });
	end
	return true;
end

-- Stanzas of streams that have not logged in; of accounts to nobody or to themselves; of anybody to the host
for _, kind in ipairs({ "stanza/iq/", "iq/self/", "iq/host/" }) do
	module:hook(kind..xmlns_register..":query", on_request, above_stock);
end

-- Behind the stock modules, so that theirs can be taken out: the feature must not appear twice.
module:hook("stream-features", function (event)
	local session, features = event.origin, event.features;
	features:maptags(function (tag)
		if tag.name == "register" and tag.attr.xmlns == xmlns_feature then
			return nil;
		end
		return tag;
	end);
	local host = session.type == "c2s_unauthed" and working_host();
	if host and host:announces() and (session.secure or not host:requires_tls()) then
		features:add_child(st.stanza("register", { xmlns = xmlns_feature }));
	end
end, -100);

-- Stock mod_invites_register refuses by user-registering whoever has no invitation.
local function tell_who_may()
	local invites = require "core.modulemanager".is_loaded(module.host, "invites_register");
	if invites and module:get_option_boolean("registration_invite_only", true) then
		module:log("info", "Registration on %s is by invitation only, for invites_register is loaded"
			.." and registration_invite_only is not false", module.host);
	end
end

local function load()
	accounts.reload(refused);
	misconfigured = wrong_authentication();
	if misconfigured then
		module:log("error", "%s: %s", refused, misconfigured);
	end
	if prosody.start_time then
		tell_who_may();
	end
end

load();
module:add_feature(xmlns_register);
module:hook_global("config-reloaded", load);
if not prosody.start_time then -- other modules may still follow
	module:hook_global("server-started", tell_who_may, -10);
end
