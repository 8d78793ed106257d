-- Contacts that come of invitations. Doing it twice does no harm.

local jid_split = require "util.jid".split;
local rostermanager = require "core.rostermanager";
local st = require "util.stanza";
local usermanager = require "core.usermanager";

local lib = {};

-- One sees when the other is online.
local function subscribe(host, username, contact)
	local user_jid, contact_jid = username.."@"..host, contact.."@"..host;
	rostermanager.set_contact_pending_out(username, host, contact_jid);
	rostermanager.set_contact_pending_in(contact, host, user_jid);
	rostermanager.subscribed(contact, host, user_jid);
	rostermanager.process_inbound_subscription_approval(username, host, contact_jid);
end

-- Two accounts of a host get into each other's rosters (XEP-0401, section 5.5).
function lib.introduce(host, username, contact_jid)
	local contact, contact_host = jid_split(contact_jid);
	if contact_host ~= host or not usermanager.user_exists(contact, host) then return; end
	subscribe(host, username, contact);
	subscribe(host, contact, username);
	rostermanager.roster_push(contact, host, username.."@"..host);
	rostermanager.roster_push(username, host, contact_jid);
end

-- Somebody, anywhere, may see when an account is online, and is asked for the same (XEP-0379, section 3.5). answered:
-- the request itself is being answered by mod_presence
function lib.approve(context, username, jid, answered)
	local host, own = context.host, username.."@"..context.host;
	rostermanager.set_contact_pending_in(username, host, jid);
	rostermanager.subscribed(username, host, jid);
	if not answered then
		context:send(st.presence({ type = "subscribed", from = own, to = jid }));
	end
	if not rostermanager.is_user_subscribed(username, host, jid)
	and rostermanager.set_contact_pending_out(username, host, jid) then
		context:send(st.presence({ type = "subscribe", from = own, to = jid }));
	end
	rostermanager.roster_push(username, host, jid);
end

return lib;
