-- Invitations as the host's other modules and people see them: those of Prosody's own mod_invites as muster.so takes
-- them, what modules are shown of the one by which an account was made, and links to hand out.

local sha256 = require "util.hashes".sha256;
local jid_node = require "util.jid".node;
local jid_prepped_split = require "util.jid".prepped_split;
local modulemanager = require "core.modulemanager";
local new_template = require "util.interpolation".new;
local urlencode = require "util.http".urlencode;

local lib = {};

-- --- other modules' ---

-- Roles as one text: a list (Prosody 13), or a set (0.12)
local function roles_of(roles)
	local names = {};
	for key, value in pairs(type(roles) == "table" and roles or {}) do
		table.insert(names, type(key) == "number" and value or value and key or nil);
	end
	if not (roles and roles[1]) then
		table.sort(names);
	end
	return names[1] and table.concat(names, " ") or nil;
end

local function only_jid(value)
	return type(value) == "string" and jid_prepped_split(value) and value or nil;
end

-- An invitation that another module has validated, as muster.so takes it (facts.foreign). info: what mod_invites has on
-- file of it, or nil
function lib.describe(invite, info)
	local data = invite.additional_data or {};
	local name = data.allow_reset;
	if not name and invite.type == "register" then
		name = info and info.jid and jid_node(info.jid) or nil;
	end
	return {
		token = invite.token, name = name, resets = data.allow_reset ~= nil, reusable = invite.reusable or false;
		inviter = invite.inviter and invite.inviter.."@"..module.host or only_jid(data.source);
		contact = invite.inviter ~= nil, role = roles_of(data.roles), ["until"] = info and info.expires or nil;
	};
end

-- What mod_invites says of a token, if it is loaded: the invitation as muster.so takes it, and as it is; or nil
function lib.foreign(token)
	local invites = type(token) == "string" and modulemanager.get_module(module.host, "invites");
	if not (invites and invites.get) then return; end
	local ok, invite = pcall(invites.get, token);
	if not ok then
		module:log("error", "mod_invites cannot look at an invitation: %s", invite);
		return;
	elseif not invite then
		return;
	end
	return lib.describe(invite, invites.get_account_invite_info and invites.get_account_invite_info(token)), invite;
end

-- What muster.so calls the invitation of a token
function lib.id_of(token)
	return sha256(token, true):sub(1, 12);
end

local function without_roles(data)
	local copy = {};
	for key, value in pairs(data or {}) do
		copy[key] = value;
	end
	copy.roles = nil;
	return copy;
end

-- What other modules find as validated_invite in the events of an account. They are not to give it roles and contacts
-- once more, so they see none. invite: the other module's own, or nil if it is one of Muster's
function lib.stand_in(id, invite)
	if not invite then
		return { type = "register", token = id, reusable = true, additional_data = {}, use = function () return true; end };
	end
	return setmetatable({ inviter = false, additional_data = without_roles(invite.additional_data) },
		{ __index = invite });
end

-- --- links ---

local render = new_template("%b{}", urlencode, {
	urlescape = urlencode;
	noscheme = function (url) return (url:gsub("^[^:]+:", "")); end;
});

local function address(username, host)
	return (username and urlencode(username).."@" or "")..urlencode(host);
end

-- A link of XMPP to an account, or to an inviter. host: its name; order: as the invitation was made with, where `link`
-- is "roster" for the latter (XEP-0401, section 5.1; XEP-0379); outcome: what came of it
function lib.uri(host, order, outcome)
	if order.link ~= "roster" then
		return ("xmpp:%s?register;preauth=%s"):format(address(order.username, host), outcome.token);
	end
	return ("xmpp:%s?roster;preauth=%s%s"):format(address(jid_node(order.inviter), host), outcome.token,
		order.kind == "register" and ";ibr=y" or "");
end

-- The page for it by the stock option invites_page, or nil. context: the module on that host
function lib.page(context, order, outcome, uri)
	local template = context:get_option_string("invites_page");
	local supported = context:get_option_set("invites_page_supports", { "account", "contact", "account-and-contact" });
	local to_roster = order.link == "roster";
	local kind = not to_roster and "account" or order.kind == "register" and "account-and-contact" or "contact";
	if not template or not supported:contains(kind) then return; end
	local username = to_roster and jid_node(order.inviter) or order.username;
	return render(template, { host = context.host, invite = {
		uri = uri, token = outcome.token, type = to_roster and "roster" or "register", expires = outcome["until"];
		jid = (username and username.."@" or "")..context.host;
	} });
end

return lib;
