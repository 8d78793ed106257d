-- Keys that an account lacks, brought by clients that do not send their passwords (XEP-0480): where the host speaks
-- SASL2 (XEP-0388), which is done by a community module, mod_sasl2.

local base64 = require "util.encodings".base64;
local st = require "util.stanza";

local accounts = module:require "muster_host";

local xmlns_sasl2, xmlns_upgrade = "urn:xmpp:sasl:2", "urn:xmpp:sasl:upgrade:0";
local xmlns_scram = "urn:xmpp:scram-upgrade:0";
local prefix = "UPGR-SCRAM-";

-- Offered to all alike: who it is nobody knows yet.
module:hook("stream-features", function (event)
	local authentication = event.features:get_child("authentication", xmlns_sasl2);
	local host = authentication and accounts.host();
	for _, hash in ipairs(host and host:hashes() or {}) do
		authentication:text_tag("upgrade", prefix..hash, { xmlns = xmlns_upgrade });
	end
end, 0);

-- Upgrades under way, by session
local under_way = setmetatable({}, { __mode = "k" });

local function fail(session, condition, text)
	under_way[session] = nil;
	module:fire_event("sasl2/c2s/failure", { session = session, message = condition, error_text = text });
	return true;
end

module:hook_tag(xmlns_sasl2, "authenticate", function (session, auth)
	local wanted = {};
	for child in auth:childtags("upgrade", xmlns_upgrade) do
		wanted[child:get_text() or ""] = true;
	end
	under_way[session] = next(wanted) and { wanted = wanted } or nil;
end, 200);

-- The first hash whose keys are wanted and lacking
local function lacking(upgrade, exchange)
	local host = accounts.host();
	for _, hash in ipairs(host and exchange and host:hashes() or {}) do
		if upgrade.wanted[prefix..hash] and exchange:lacks(hash) then
			return hash;
		end
	end
end

-- Before mod_sasl2 lets the client in
module:hook("sasl2/c2s/success", function (event)
	local session = event.session;
	local upgrade = under_way[session];
	local exchange = session.sasl_handler and session.sasl_handler.proven;
	local hash = upgrade and not upgrade.hash and lacking(upgrade, exchange);
	if not hash then
		under_way[session] = nil;
		return;
	end
	upgrade.hash, upgrade.exchange = hash, exchange;
	local reply = st.stanza("continue", { xmlns = xmlns_sasl2 });
	if event.message then
		reply:text_tag("additional-data", base64.encode(event.message));
	end
	session.send(reply:tag("tasks"):text_tag("task", prefix..hash));
	return true;
end, 2000);

module:hook_tag(xmlns_sasl2, "next", function (session, element)
	local upgrade = under_way[session];
	if not upgrade or not upgrade.hash or element.attr.task ~= prefix..upgrade.hash then
		return fail(session, "malformed-request", "There is no such task.");
	end
	local salt, iterations = upgrade.exchange:ask_keys(upgrade.hash);
	if not salt then
		return fail(session, "temporary-auth-failure", "Accounts are not available at the moment.");
	end
	session.send(st.stanza("task-data", { xmlns = xmlns_sasl2 })
		:text_tag("salt", salt, { xmlns = xmlns_scram, iterations = ("%d"):format(iterations) }));
	return true;
end);

module:hook_tag(xmlns_sasl2, "task-data", function (session, element)
	local upgrade = under_way[session];
	if not upgrade or not upgrade.hash then
		return fail(session, "malformed-request", "There is no task.");
	elseif not upgrade.exchange:bring_keys(element:get_child_text("hash", xmlns_scram) or "") then
		return fail(session, "malformed-request", "What the task needs cannot be read.");
	end
	local status, condition, text = accounts.finish(upgrade.exchange);
	if session.destroyed then
		return true;
	elseif status ~= "success" then
		return fail(session, condition or "temporary-auth-failure", text);
	end
	return module:fire_event("sasl2/c2s/success", { session = session });
end);
