-- Ad-hoc commands (XEP-0050) for the host's administrators. They are there when mod_adhoc is, and yet are not given to
-- it: its errors lack what XEP-0050 wants in them, and of two modules with one command it knows the last one only. Ours
-- come first, and stand in its lists in place of commands of the same name.

local async = require "util.async";
local dataforms_new = require "util.dataforms".new;
local jid_bare = require "util.jid".bare;
local new_cache = require "util.cache".new;
local new_id = require "util.uuid".generate;
local st = require "util.stanza";
local modulemanager = require "core.modulemanager";
local usermanager = require "core.usermanager";

local accounts = module:require "muster_host";
local form = module:require "muster_form";

local xmlns_commands = "http://jabber.org/protocol/commands";
local xmlns_forms = "jabber:x:data";
local xmlns_wait = "urn:muster:wait:0";
local nodes_of_admins = "http://jabber.org/protocol/admin#";
local before_mod_adhoc, behind_all = 600, -100;
local most_sessions = 1000; -- remembered: running, and over

local lib = {};
local commands = {}; -- by node
local nodes = {}; -- in order
local sessions = new_cache(most_sessions); -- by id: node, from, over

-- How errors are told (XEP-0086), and those of type wait after how many seconds to come back
local errors = {
	["bad-request"] = { "modify", "400" };
	["conflict"] = { "cancel", "409" };
	["feature-not-implemented"] = { "cancel", "501" };
	["forbidden"] = { "auth", "403" };
	["internal-server-error"] = { "wait", "500", 60 };
	["item-not-found"] = { "cancel", "404" };
	["not-acceptable"] = { "modify", "406" };
	["not-allowed"] = { "cancel", "405" };
	["resource-constraint"] = { "wait", "500", 5 };
};

-- What a command returns, with nil before it, to refuse. detail: a condition of XEP-0050, or nil
function lib.refusal(condition, text, detail)
	return { condition = condition, text = text, detail = detail };
end

local function send_refusal(event, refusal)
	local kind, code, wait = table.unpack(errors[refusal.condition]);
	local reply = st.error_reply(event.stanza, kind, refusal.condition, refusal.text);
	local element = reply:get_child("error");
	element.attr.code = code;
	if refusal.detail then
		element:add_direct_child(st.stanza(refusal.detail, { xmlns = xmlns_commands }));
	end
	if wait then
		element:add_direct_child(st.stanza("retry-after", { xmlns = xmlns_wait, seconds = tostring(wait) }));
	end
	event.origin.send(reply);
end

-- Write into the audit what a request came to, unless an operation has: that writes it itself. outcome: "ok", a
-- condition, or a code of muster.so. about: username, rule and detail, each may be nil
function lib.note(request, outcome, about)
	local host = accounts.host();
	request.noted = true;
	if host then
		host:note({
			action = request.action, outcome = outcome, door = "ad-hoc", actor = request.actor;
			username = about and about.username, rule = about and about.rule, detail = about and about.detail;
		});
	end
end

-- A request that is refused leaves a line in the audit, like one that is done.
local function refuse(event, request, refusal)
	if not request.noted then
		lib.note(request, refusal.condition);
	end
	send_refusal(event, refusal);
end

local function in_use()
	return modulemanager.is_loaded(module.host, "adhoc");
end

-- The command of a node, unless another module's is to be used
local function command_of(node)
	local command = commands[node];
	return command and not (command.steps_back and command.steps_back()) and command or nil;
end

-- As mod_adhoc does it, so that permissions of the operator's own (Prosody 13) hold here too
local function may(event, node, only_looking)
	if commands[node].may then
		return commands[node].may(event);
	elseif event.origin.muster_device then
		return false; -- who has got hold of an administrator's device does not administrate by it
	elseif module.may then
		return module:may("adhoc:"..node, event, only_looking);
	end
	return usermanager.is_admin(event.stanza.attr.from, module.host);
end

-- The session of a request: nil if there is none yet, or false and why it is refused
local function session_of(id, node, from)
	local session = id and sessions:get(id);
	if not id then
		return nil;
	elseif not session or session.node ~= node or session.from ~= from then
		return false, lib.refusal("bad-request", "There is no such session.", "bad-sessionid");
	elseif session.over then
		return false, lib.refusal("not-allowed", "That session is over.", "session-expired");
	end
	return session;
end

local function new_session(node, from)
	local session = { id = new_id(), node = node, from = from };
	sessions:set(session.id, session);
	return session;
end

local function send_status(event, session, status, children)
	local command = st.stanza("command", { xmlns = xmlns_commands, node = session.node, sessionid = session.id,
		status = status });
	for _, child in ipairs(children or {}) do
		command:add_child(child);
	end
	event.origin.send(st.reply(event.stanza):add_child(command));
end

local function send_form(event, request, session, command)
	local options, refusal = {}, nil;
	if command.options then
		options, refusal = command.options();
	end
	if refusal then
		return refuse(event, request, refusal);
	end
	send_status(event, session, "executing", {
		st.stanza("actions", { execute = "complete" }):tag("complete"):up(), command.form:form(options);
	});
end

-- Do it and answer. A submission that is refused may be sent again, mended.
local function complete(event, request, session, command, submission)
	local fields, why;
	if command.form then
		fields, why = form.read(command.form, submission);
		if not fields then
			return refuse(event, request, lib.refusal("bad-request", "This cannot be done: "..why..".", "bad-payload"));
		end
	end
	local results, refusal = command.run(request, fields);
	if results then
		if not request.noted then
			lib.note(request, "ok");
		end
		session.over = true;
		send_status(event, session, "completed", results);
	else
		refuse(event, request, refusal);
	end
	for _, deed in ipairs(request.later) do
		deed();
	end
end

local accepted = { execute = true, next = true, complete = true, cancel = true };

local function answer(event, node)
	local element, from = event.stanza.tags[1], event.stanza.attr.from;
	local command, action = commands[node], element.attr.action or "execute";
	local request = { session = event.origin, actor = jid_bare(from), action = command.action, later = {} };
	request.event = event;
	if not may(event, node) then
		return refuse(event, request, lib.refusal("forbidden", command.denied));
	elseif not command.run then
		return refuse(event, request, lib.refusal("feature-not-implemented", command.why));
	elseif not accepted[action] then
		return refuse(event, request, lib.refusal("bad-request", "That action is not possible here.",
			action == "prev" and "bad-action" or "malformed-action"));
	end
	local session, refusal = session_of(element.attr.sessionid, node, from);
	if session == false then
		return refuse(event, request, refusal);
	elseif action == "cancel" and not session then
		return refuse(event, request, lib.refusal("bad-request", "There is nothing to cancel.", "bad-action"));
	elseif action == "cancel" then
		session.over = true;
		return send_status(event, session, "canceled");
	end
	local submission = element:get_child("x", xmlns_forms);
	if not session and command.form and not submission then
		return send_form(event, request, new_session(node, from), command);
	end
	return complete(event, request, session or new_session(node, from), command, submission);
end

local function log_error(_, err)
	module:log("error", "Error in a command: %s", err);
end

-- Commands may wait. Streams have a coroutine to do that in, except those of components.
local function on_command(event)
	local node = event.stanza.tags[1].attr.node;
	if not command_of(node) or not in_use() then
		return;
	elseif async.ready() then
		answer(event, node);
	else
		async.runner(function (request) answer(request, node); end, { error = log_error }):run(event);
	end
	return true;
end

-- What nobody has
local function on_unknown(event)
	local node = event.stanza.tags[1].attr.node;
	if not in_use() then
		return;
	elseif not node then
		send_refusal(event, lib.refusal("bad-request", "The command is not named."));
	elseif node:sub(1, #nodes_of_admins) == nodes_of_admins then
		send_refusal(event, lib.refusal("feature-not-implemented", "There is no such command here."));
	else
		send_refusal(event, lib.refusal("item-not-found", "There is no such command."));
	end
	return true;
end

local function list_items(event)
	if event.node ~= xmlns_commands or not in_use() then return; end
	local query = event.reply.tags[1];
	query:maptags(function (item)
		return not command_of(item.attr.node) and item or nil;
	end);
	for _, node in ipairs(nodes) do
		if command_of(node) and may(event, node, true) then
			query:add_direct_child(st.stanza("item", { jid = module.host, node = node, name = commands[node].name }));
		end
	end
	event.exists = true;
end

local function describe(event)
	local command = command_of(event.node);
	if not (command and command.run and in_use()) then
		return;
	elseif not may(event, event.node, true) then
		send_refusal(event, lib.refusal("forbidden", command.denied));
	else
		event.reply:tag("identity", { category = "automation", type = "command-node", name = command.name }):up()
			:tag("feature", { var = xmlns_commands }):up():tag("feature", { var = xmlns_forms }):up();
		event.origin.send(event.reply);
	end
	return true;
end

-- Offer a command, of XEP-0133 by its name, any other by its node. what: name; action, what the audit calls it, if not
-- as in the node; layout, of a form to be filled in, or nil; options, returns those of the form's lists by field, or
-- nil and a refusal; run, called with the request and its fields, returns a list of elements to answer with, or nil and
-- a refusal. Without run the command is known not to exist; why says so. form_type, if it is not what the node begins
-- with; may, if others than administrators may: called with an event of theirs; denied, what is said to who may not;
-- steps_back, returns true while another module's command of this node is to be used.
-- A request has `session`, `actor`, `event`, `later`, a list of functions to call when it is answered, and `noted`: the
-- audit has a line for each account already, by lib.note or by operations. If it has not, it gets one for the whole.
function lib.offer(name, what)
	local node = name:find("#", 1, true) and name or nodes_of_admins..name;
	local form_type, action = node:match("^(.*)#(.*)$");
	local command = {
		name = what.name, action = what.action or action, options = what.options, run = what.run, why = what.why;
		may = what.may, denied = what.denied or "This is for administrators.", steps_back = what.steps_back;
	};
	if what.layout then
		table.insert(what.layout, 1,
			{ name = "FORM_TYPE", type = "hidden", value = what.form_type or form_type });
		command.form = dataforms_new(what.layout);
	end
	if what.run then
		table.insert(nodes, node);
	end
	commands[node] = command;
	if module.default_permission and not what.may then
		module:default_permission("prosody:admin", "adhoc:"..node);
	end
end

module:hook("iq-set/host/"..xmlns_commands..":command", on_command, before_mod_adhoc);
module:hook("iq-set/host/"..xmlns_commands..":command", on_unknown, behind_all);
module:hook("host-disco-items-node", list_items, behind_all);
module:hook("host-disco-info-node", describe, before_mod_adhoc);

return lib;
