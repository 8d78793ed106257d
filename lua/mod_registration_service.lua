-- mod_registration_service: a service that people register with by their JIDs (XEP-0077, section 3.1), such as a
-- contest or a mailing list:
--
--   Component "contests.example.org" "registration_service"
--
-- Other modules of the component hear of it by the events service-registered and service-unregistered.

local jid_host = require "util.jid".host;

local accounts = module:require "muster_host";
local iq = module:require "muster_iq";

local hosts = prosody.hosts;
local xmlns_register = "jabber:iq:register";
local refused = "Nobody can register with "..module.host;

module:depends("disco");
module:add_identity("component", "generic", module:get_option_string("name", "Registration"));

local function facts_of(session, stanza)
	if session.type == "c2s_unauthed" then
		return { sender = "stream", address = session.ip };
	end
	local from = stanza.attr.from;
	return { sender = "other", full_jid = from, address = session.ip, ["local"] = hosts[jid_host(from)] ~= nil };
end

local function on_request(event)
	local session, stanza = event.origin, event.stanza;
	local host, why = accounts.host();
	if not host then
		module:log("debug", "%s: %s", refused, why);
		iq.refuse(session, stanza, "cancel", "service-unavailable", "503");
	else
		iq.handle(host, event, facts_of(session, stanza));
	end
	return true;
end

for _, kind in ipairs({ "stanza/iq/", "iq/host/", "iq/bare/" }) do
	module:hook(kind..xmlns_register..":query", on_request);
end

-- Nobody is behind a full JID here, so what is sent to one has no event of its own.
module:hook("iq/full", function (event)
	local stanza = event.stanza;
	local asks = stanza.attr.type == "get" or stanza.attr.type == "set";
	return asks and stanza:get_child("query", xmlns_register) and on_request(event) or nil;
end, 1);

local announce = iq.announce(accounts.host);

local function load()
	accounts.reload(refused);
	announce();
end

load();
module:hook_global("config-reloaded", load);
