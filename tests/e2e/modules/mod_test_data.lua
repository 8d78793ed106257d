-- A module that shows data of its own (XEP-0231), as one with pictures of its own would.

local st = require "util.stanza";

local xmlns_bob = "urn:xmpp:bob";

local function on_data(event)
	if event.stanza.tags[1].attr.cid == "sha1+test@bob.xmpp.org" then
		event.origin.send(st.reply(event.stanza):tag("data", { xmlns = xmlns_bob, type = "text/plain" }):text("dGVzdA=="));
		return true;
	end
end

module:hook("stanza/iq/"..xmlns_bob..":data", on_data);
module:hook("iq/host/"..xmlns_bob..":data", on_data);
