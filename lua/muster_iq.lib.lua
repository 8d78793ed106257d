-- Requests of jabber:iq:register, and invitations, handed to Muster, and what comes of them carried out: stanzas go
-- in, text becomes stanzas; nothing is decided here.

local async = require "util.async";
local filters = require "util.filters";
local st = require "util.stanza";
local now = require "util.time".now;

local accounts = module:require "muster_host";

local _, muster = pcall(require, "muster");
local stanza_metatable = getmetatable(st.stanza("iq"));
local xmlns_register = "jabber:iq:register";
local xmlns_wait = "urn:muster:wait:0";
local xmlns_bob = "urn:xmpp:bob"; -- for pictures of challenges
local lib = {};

-- wait: nil, or the seconds after which to come back
function lib.refuse(session, stanza, kind, condition, code, wait)
	local reply = st.error_reply(stanza, kind, condition);
	local element = reply:get_child("error");
	element.attr.code = code;
	if wait then
		element:add_direct_child(st.stanza("retry-after", { xmlns = xmlns_wait, seconds = tostring(wait) }));
	end
	session.send(reply);
end

-- The session as it is now: it loses everything once its stream is gone, which may happen before we are done.
local function freeze(session)
	return setmetatable({
		id = session.id, ip = session.ip, type = session.type, client_id = session.client_id, host = session.host;
		username = session.username, resource = session.resource, full_jid = session.full_jid;
	}, { __index = session });
end

local act = {};

function act.send(action, asker)
	asker.stream.send(assert(muster.stanza(action.xml, stanza_metatable)));
end

-- Over BOSH a stream says why it ends in answer to a request, and our answer takes the only one that is open: the
-- client is given a moment to send the next, which does nothing else.
local function await_request(session)
	filters.add_filter(session, "stanzas/in", function () return nil; end);
	local rounds = 20;
	while rounds > 0 and not session.destroyed and (#session.requests == 0 or #session.send_buffer > 0) do
		async.sleep(0.1);
		rounds = rounds - 1;
	end
end

function act.close(action, asker)
	local session = asker.stream;
	if session.bosh_version and not session.destroyed and async.ready() then
		await_request(session);
	end
	session:close(action.condition and { condition = action.condition, text = action.text });
end

act.effect = accounts.carry_out;

-- Failures that an operator can do something about
local ours = {
	["io"] = true, ["corrupt"] = true, ["newer"] = true, ["denied"] = true, ["closed"] = true, ["full"] = true;
	["forked"] = true, ["no-memory"] = true, ["no-pepper"] = true, ["leaked-unreadable"] = true;
	["picture-drawing"] = true, ["picture-command"] = true, ["picture-timeout"] = true, ["picture-unusable"] = true;
};

local function perform(outcome, asker)
	accounts.count(outcome);
	if ours[outcome.error] then
		module:log("error", "A request failed: %s", outcome.error);
	end
	for _, action in ipairs(outcome) do
		local ok, err = pcall(act[action.kind], action, asker);
		if not ok then
			module:log("error", "Cannot %s: %s", action.kind, err);
		end
	end
end

-- Handle a stanza. facts: what the host knows of its sender; ask: nil, or called with an operation and the asker,
-- returns an outcome if nothing more is to be done; done: nil, or called with the asker when it is over.
function lib.handle(host, event, facts, ask, done)
	local session, stanza = event.origin, event.stanza;
	facts.id = stanza.attr.id;
	local outcome, text = host:handle(stanza, facts);
	if not outcome then
		module:log("error", "Cannot answer a request: %s", text);
		return lib.refuse(session, stanza, "wait", "internal-server-error", "500", 60);
	end
	local operation = outcome.operation;
	if not operation then
		return perform(outcome, { stream = session });
	end
	local asker = { stream = session, session = freeze(session) };
	local began = now();
	local function finish(result)
		if result.error == "spent" then -- by somebody else, meanwhile
			facts.foreign = nil;
			return lib.handle(host, event, facts, ask, done);
		end
		perform(result, asker);
		accounts.took(result, now() - began);
		if done then
			done(asker);
		end
	end
	local answered = ask and ask(operation, asker);
	if answered then
		return finish(answered);
	end
	accounts.finish_then(operation, finish);
end

-- Have it in disco#info as long as anything can be done by it. That is looked at whenever somebody asks, or is told the
-- hash of what they would hear: what operators order changes it, and so does the end of an order. open: returns the
-- host, or nil. Returns a function that looks at once.
local above_disco = 1;
function lib.announce(open)
	local announced = {};
	local function announce(feature, wanted)
		if wanted and not announced[feature] then
			module:add_feature(feature);
		elseif announced[feature] and not wanted then
			module:remove_item("feature", feature);
		end
		announced[feature] = wanted;
	end
	local function look()
		local host = open();
		local challenges = host and host:challenges();
		announce(xmlns_register, host ~= nil and host:serves());
		announce(xmlns_bob, challenges and challenges.kinds[1] ~= nil);
	end
	for _, event in ipairs({ "iq-get/host/http://jabber.org/protocol/disco#info:query", "stream-features",
		"s2s-stream-features" }) do
		module:hook(event, look, above_disco);
	end
	return look;
end

return lib;
