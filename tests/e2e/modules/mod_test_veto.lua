-- Handlers of user-registering as other modules have them: one that waits (a DNS blocklist), one that refuses in the
-- old form and one in the new, one that refuses without a word, one that waits and refuses then, one that fails, one
-- that has no objection and keeps others from being asked, one that chooses a role. The username says which.

local async = require "util.async";

local judge = {};

function judge.slow()
	async.sleep(0.2);
end

function judge.legacy(event)
	event.allowed = false;
	event.reason, event.error_type, event.error_condition = "Not now & not here", "wait", "policy-violation";
end

function judge.modern(event)
	event.allowed = false;
	event.error = { type = "auth", condition = "forbidden", text = "Go away" };
	return true;
end

function judge.silent(event)
	event.allowed = false;
	return true;
end

function judge.late(event)
	async.sleep(0.2);
	judge.legacy(event);
	return true;
end

function judge.content()
	return true;
end

function judge.guest(event)
	event.role = "prosody:guest";
end

function judge.broken()
	error("this handler is broken");
end

module:hook("user-registering", function (event)
	local kind = judge[event.username:match("^%a+")];
	return kind and kind(event);
end);
