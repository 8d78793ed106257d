-- mod_register_muster: in-band registration (XEP-0077) on a host whose accounts Muster keeps.
--
-- What is asked and answered is decided in muster.so. Here stanzas go in and text becomes stanzas, other modules of the
-- host are asked for their veto, and what the outcome says is done.

local st = require "util.stanza";
local filters = require "util.filters";
local monotonic = require "util.time".monotonic;
local usermanager = require "core.usermanager";

local accounts = module:require "muster_host";
local invitation = module:require "muster_invitation";
local iq = module:require "muster_iq";
local rules = module:require "muster_rules";

local have_muster, muster = pcall(require, "muster");
local xmlns_register = "jabber:iq:register";
local xmlns_bob = "urn:xmpp:bob";
local xmlns_preauth = "urn:xmpp:pars:0";
-- Stream features: the first by itself, the others for invitations (XEP-0445, and as clients knew it before)
local xmlns_features = { "http://jabber.org/features/iq-register", "urn:xmpp:ibr-token:0", "urn:xmpp:invite" };
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

-- Does everybody log in without an account? Then nobody ever could with one.
local function is_anonymous()
	return usermanager.get_provider(module.host).name == "anonymous";
end

-- working_host() for those who have not logged in
local function host_for_strangers()
	if is_anonymous() then
		return nil, "everybody logs in anonymously";
	end
	return working_host();
end

-- What Muster remembers of a client's stream
local function stream_of(session)
	if have_muster and session.muster_stream == nil then
		session.muster_stream = muster.stream();
	end
	return session.muster_stream;
end

-- What it is about is for muster.so to say; who administers the host is looked up only where it may matter.
local function is_removal(stanza)
	return stanza.attr.type == "set" and (stanza.tags[1]:get_child("remove")
		or stanza.tags[1]:get_child("x", "jabber:x:data")) ~= nil;
end

local function facts_of(session, stanza)
	local facts = { secure = not not session.secure, address = session.ip };
	if session.type == "c2s_unauthed" then
		facts.sender, facts.stream_host, facts.stream = "stream", session.host, stream_of(session);
	elseif session.username and session.host == module.host and (session.type or ""):find("^c2s") then
		facts.sender = is_anonymous() and "anonymous" or "account";
		facts.username, facts.full_jid, facts.stream = session.username, session.full_jid, stream_of(session);
		facts.device = not not session.muster_device;
		if facts.sender == "account" and is_removal(stanza) then
			facts.role, facts.last_admin = rules.role_of(session.username), rules.is_last_admin(session.username);
		end
	else
		facts.sender, facts.full_jid = "other", stanza.attr.from;
	end
	return facts;
end

-- What other modules are shown of the invitation that an operation uses up, or nil
local function invite_of(operation, session)
	local id, is_foreign = operation:invitation();
	local theirs = is_foreign and ((session.muster_invites or {})[id] or session.validated_invite);
	return id and invitation.stand_in(id, theirs or nil);
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
		ip = asker.session.ip, session = asker.stream, allowed = true, validated_invite = asker.invite;
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
	if only_text(user.role) then
		operation:role(user.role);
	end
	if user.validated_invite and user.validated_invite ~= asker.invite then
		asker.invite = user.validated_invite;
		if not operation:invited(asker.invite.token and invitation.describe(asker.invite)) then
			return { type = "modify", condition = "not-acceptable" };
		end
	end
end

-- What an account that is to be made has to pass before work is done for it
local function ask(operation, asker)
	asker.invite = invite_of(operation, asker.stream);
	if operation:kind() ~= "register" then return; end
	local refusal = ask_modules(operation, asker);
	if refusal then
		return operation:veto(refusal);
	end
	local session = asker.session;
	local host = accounts.host();
	local list = host and rules.list_of(host, session.ip);
	if list then
		operation:listed(list);
	end
	return rules.look(operation, { address = session.ip, invited = asker.invite ~= nil });
end

-- A stream on which an account was made is to log in to it, or to end (XEP-0077, section 3.1.1).
local allowed_payloads = { [xmlns_register] = true, [xmlns_preauth] = true, [xmlns_bob] = true };

local function is_idle_talk(session, stanza)
	if session.type ~= "c2s_unauthed" or (stanza.attr.xmlns and stanza.attr.xmlns ~= "jabber:client") then
		return false;
	end
	local payload = stanza.name == "iq" and stanza.tags[1];
	return not (payload and allowed_payloads[payload.attr.xmlns]);
end

local function end_stream(session)
	session:close({ condition = "not-authorized", text = "Log in to your new account." });
end

-- Streams that are expected to, in the order in which their time is up: a timer for each would be thousands.
local expected = { first = 1, last = 0, watched = false };

local function end_late()
	while expected.first <= expected.last do
		local session, left = expected[expected.first].session, expected[expected.first].deadline - monotonic();
		if left > 0 then
			return left;
		end
		expected[expected.first] = nil;
		expected.first = expected.first + 1;
		if session.type == "c2s_unauthed" and not session.destroyed then
			local ok, err = pcall(end_stream, session);
			if not ok then
				module:log("error", "Cannot end a stream: %s", err);
			end
		end
	end
	expected.watched = false;
end

local function expect_within(session, seconds)
	expected.last = expected.last + 1;
	expected[expected.last] = { session = session, deadline = monotonic() + seconds };
	if not expected.watched then
		expected.watched = true;
		module:add_timer(seconds, end_late);
	end
end

local function expect_login(asker)
	local session = asker.stream;
	local stream = session.muster_stream;
	if session.muster_expects_login or session.type ~= "c2s_unauthed" or not (stream and stream:registered()) then
		return;
	end
	session.muster_expects_login = true;
	filters.add_filter(session, "stanzas/in", function (stanza)
		if is_idle_talk(session, stanza) then
			end_stream(session);
			return nil;
		end
		return stanza;
	end);
	expect_within(session, module:get_option_number("muster_login_timeout", 300));
end

-- The account that a stream logged in to may be gone, and its name another's, who must not be asked in its stead.
local function is_outdated(session)
	if session.username and session.host == module.host then
		accounts.catch_up();
	end
	return session.destroyed;
end

-- The host that is to answer, or nil if it was answered that there is none
local function host_for(session, stanza)
	local host, why = (session.type == "c2s_unauthed" and host_for_strangers or working_host)();
	if not host then
		module:log("debug", "%s: %s", refused, why);
		iq.refuse(session, stanza, "cancel", "service-unavailable", "503");
	end
	return host;
end

local function on_request(event)
	local session, stanza = event.origin, event.stanza;
	if is_outdated(session) then
		return true;
	end
	local host = host_for(session, stanza);
	if host then
		local facts = facts_of(session, stanza);
		local invite = session.validated_invite; -- that another module has taken by itself, if one has
		facts.foreign = invite and invite.token and invitation.describe(invite);
		facts.invited = invite ~= nil and not invite.token;
		iq.handle(host, event, facts, ask, expect_login);
	end
	return true;
end

-- Somebody shows an invitation (XEP-0445). What mod_invites knows of it is remembered until it is used up there.
local function on_preauth(event)
	local session, stanza = event.origin, event.stanza;
	local host = host_for(session, stanza);
	if not host then
		return true;
	end
	local facts = facts_of(session, stanza);
	if session.type == "c2s_unauthed" then
		local token = stanza.tags[1].attr.token;
		local foreign, invite = invitation.foreign(token);
		if invite then
			facts.foreign, session.muster_invites = foreign, { [invitation.id_of(token)] = invite };
		end
	end
	iq.handle(host, event, facts);
	return true;
end

-- Stanzas of streams that have not logged in; of accounts to nobody or to themselves; of anybody to the host
for _, kind in ipairs({ "stanza/iq/", "iq/self/", "iq/host/" }) do
	module:hook(kind..xmlns_register..":query", on_request, above_stock);
	module:hook(kind..xmlns_preauth..":preauth", on_preauth, above_stock);
end

-- Pictures of challenges are ours to show; whatever else is asked for may be another module's.
local function on_data(event)
	local stream = event.origin.muster_stream;
	if stream and stream:shows(event.stanza.tags[1].attr.cid) then
		return on_request(event);
	end
end

for _, kind in ipairs({ "stanza/iq/", "iq/host/" }) do
	module:hook(kind..xmlns_bob..":data", on_data, above_stock);
	module:hook(kind..xmlns_bob..":data", on_request, -above_stock);
end

-- Behind the stock modules, so that theirs can be taken out: no feature must appear twice.
module:hook("stream-features", function (event)
	local session, features = event.origin, event.features;
	for _, xmlns in ipairs(xmlns_features) do
		features:maptags(function (tag)
			return (tag.name ~= "register" or tag.attr.xmlns ~= xmlns) and tag or nil;
		end);
	end
	local host = session.type == "c2s_unauthed" and host_for_strangers();
	if host and host:announces() and (session.secure or not host:requires_tls()) then
		for _, xmlns in ipairs(xmlns_features) do
			features:add_child(st.stanza("register", { xmlns = xmlns }));
		end
	end
end, -100);

-- Stock mod_invites_register refuses by user-registering whoever has no invitation.
local function tell_who_may()
	if is_anonymous() then return; end
	local invites = require "core.modulemanager".is_loaded(module.host, "invites_register");
	if invites and module:get_option_boolean("registration_invite_only", true) then
		module:log("info", "Registration on %s is by invitation only, for invites_register is loaded"
			.." and registration_invite_only is not false", module.host);
	end
end

-- Where strangers cannot register there are no accounts to do anything else.
local announce = iq.announce(host_for_strangers);

local function load()
	accounts.reload(refused);
	misconfigured = wrong_authentication();
	if misconfigured then
		module:log("error", "%s: %s", refused, misconfigured);
	end
	announce();
	if prosody.start_time then
		tell_who_may();
	end
end

load();
module:hook_global("config-reloaded", load);
if not prosody.start_time then -- other modules may still follow
	module:hook_global("server-started", tell_who_may, -10);
end
