-- How the users of a host invite others (XEP-0401), and how an invitation makes contacts (XEP-0379).

local datetime = require "util.datetime".datetime;
local jid = require "util.jid";
local st = require "util.stanza";
local modulemanager = require "core.modulemanager";
local usermanager = require "core.usermanager";

local accounts = module:require "muster_host";
local adhoc = module:require "muster_adhoc";
local invitation = module:require "muster_invitation";

local create_account = "urn:xmpp:invite#create-account";
local invite_users = "invites_adhoc:invite-users"; -- a permission by the name that the stock module has given it
local has_permissions = module.may ~= nil; -- Prosody 13

-- --- who may ---

local function is_admin(event)
	if has_permissions then
		return module:may("adhoc:"..create_account, event);
	end
	return usermanager.is_admin(event.stanza.attr.from, module.host);
end

-- Has the account one of the roles in this option? (Prosody 0.12)
local function has_role_of(from, option)
	local listed = module:get_option_set(option);
	local roles = listed and usermanager.get_roles(from, module.host) or {};
	for role in pairs(roles) do
		if listed:contains(role) then
			return true;
		end
	end
	return false;
end

-- May whom this user invites make an account here?
local function may_invite_to_register(event)
	if has_permissions then
		return module:may(invite_users, event);
	end
	local from = jid.bare(event.stanza.attr.from);
	if usermanager.is_admin(from, module.host) or has_role_of(from, "allow_user_invites_by_roles") then
		return true;
	end
	return module:get_option_boolean("allow_user_invites", false)
		and not has_role_of(from, "deny_user_invites_by_roles");
end

local function may_invite(event)
	local username, host = jid.split(event.stanza.attr.from);
	if not username or host ~= module.host then
		return false;
	end
	return module:get_option_boolean("allow_contact_invites", true) or is_admin(event);
end

if has_permissions then
	local everybody = module:get_option_boolean("allow_user_invites", false);
	module:default_permission(everybody and "prosody:registered" or "prosody:admin", invite_users);
end

-- Where the community's mod_invites_page serves pages about invitations, they are about those of mod_invites.
local function has_pages_of_its_own()
	return modulemanager.is_loaded(module.host, "invites_page");
end

-- --- making ---

local function refusal_of(code, text, rule)
	if code == "bad-name" then
		return adhoc.refusal("bad-request", text, "bad-payload");
	elseif code == "malformed" then
		return adhoc.refusal("bad-request", "Only an account of this host can be a contact.", "bad-payload");
	elseif code == "exists" then
		return adhoc.refusal("conflict", text);
	elseif rule == "invite-quota" then
		return adhoc.refusal("resource-constraint", text);
	elseif code == "refused" then
		return adhoc.refusal("not-acceptable", text);
	end
	module:log("error", "Cannot make an invitation: %s", text or code);
	return adhoc.refusal("internal-server-error", "That did not work.");
end

local function field(name, value)
	return st.stanza("field", { var = name, type = name == "FORM_TYPE" and "hidden" or "text-single" })
		:text_tag("value", value);
end

local function invite(request, order)
	order.door, order.actor = "ad-hoc", request.actor;
	request.noted = true;
	local outcome, code, text, rule = accounts.run("invite", order);
	if not outcome then
		request.noted = code ~= "bad-name" and code ~= "malformed"; -- operations write of themselves
		return nil, refusal_of(code, text, rule);
	end
	local uri = invitation.uri(module.host, order, outcome);
	local page = invitation.page(module, order, outcome, uri);
	local form = st.stanza("x", { xmlns = "jabber:x:data", type = "result" });
	form:add_direct_child(field("FORM_TYPE", "urn:xmpp:invite#invitation"));
	form:add_direct_child(field("uri", uri));
	form:add_direct_child(field("expire", datetime(outcome["until"])));
	if page then
		form:add_direct_child(field("landing-url", page));
	end
	return { form };
end

adhoc.offer("urn:xmpp:invite#invite", {
	name = "Invite somebody", may = may_invite, steps_back = has_pages_of_its_own;
	denied = "This is for users of this host who may invite others.";
	run = function (request)
		local host = accounts.host();
		local registers = modulemanager.is_loaded(module.host, "register_muster") and host and host:announces()
			and may_invite_to_register(request.event);
		return invite(request, {
			kind = registers and "register" or "contact", link = "roster", roster = true, inviter = request.actor;
			self_service = not is_admin(request.event);
		});
	end;
});

adhoc.offer(create_account, {
	name = "Invite somebody to make an account", form_type = create_account, action = "invite";
	steps_back = has_pages_of_its_own;
	layout = {
		title = "Invite somebody to make an account", instructions = "Leave the username empty to let them choose one.";
		{ name = "username", type = "text-single", label = "Username" };
		{ name = "roster-subscription", type = "boolean", label = "Become contacts of each other" };
	};
	run = function (request, fields)
		return invite(request, {
			kind = "register", username = fields.username, roster = fields["roster-subscription"] or false;
			inviter = request.actor;
		});
	end;
});

-- --- contacts ---

-- A request to be somebody's contact that comes with their invitation is approved, and goes on to be answered by
-- mod_presence; without one, or with one that is worth nothing, it is a request like any other.
module:hook("presence/bare", function (event)
	local stanza = event.stanza;
	local preauth = stanza.attr.type == "subscribe" and stanza:get_child("preauth", "urn:xmpp:pars:0");
	local token = preauth and preauth.attr.token;
	local username = token and jid.node(stanza.attr.to);
	local contact = username and jid.bare(stanza.attr.from);
	if not contact or contact == stanza.attr.to then return; end
	local outcome = accounts.run("befriend", { username = username, token = token, contact = contact, door = "in-band" });
	for _, action in ipairs(outcome or {}) do
		accounts.carry_out(action, { stream = event.origin, session = event.origin });
	end
end, 10); -- before mod_invites_register
