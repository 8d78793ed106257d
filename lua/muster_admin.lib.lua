-- The commands by which administrators look after the accounts of a host from their clients: those of XEP-0133, and our
-- own for accounts that wait to be approved.

local async = require "util.async";
local datetime = require "util.datetime".datetime;
local st = require "util.stanza";

local accounts = module:require "muster_host";
local adhoc = module:require "muster_adhoc";
local lastlogin = module:require "muster_lastlogin";
local rules = module:require "muster_rules";

local hosts = prosody.hosts;
local xmlns_admin = "http://jabber.org/protocol/admin";
local page = 256; -- accounts between two pauses

-- Why something was not done, by the code that muster.so gives: how it is told
local conditions = {
	["exists"] = "conflict";
	["not-found"] = "item-not-found";
	["bad-name"] = "not-acceptable";
	["bad-password"] = "not-acceptable";
	["refused"] = "not-allowed";
	["busy"] = "resource-constraint";
	["full"] = "resource-constraint";
	["no-memory"] = "resource-constraint";
};

-- Where muster.so has no sentence, or one that is meant for the account's owner
local sentences = {
	["not-found"] = "There is no such account.";
	["not-pending"] = "This account does not wait to be approved.";
	["offline"] = "There is no such session.";
};

local function by_rule(rule, why)
	return ('Refused by the rule %s, which "override" overrides%s'):format(rule, why and ": "..why or ".");
end

-- A failure: nil, code, text. Its sentence, and its refusal
local function sentence_of(code, text)
	return sentences[code] or (conditions[code] and text) or "That did not work.";
end

local function refuse(code, text)
	if not conditions[code] then
		module:log("error", "A command failed: %s", text or code);
	end
	return nil, adhoc.refusal(conditions[code] or "internal-server-error", sentence_of(code, text));
end

-- What was only named, and is no account yet, does not exist for administrators.
local function info_of(host, username)
	local info, text, code = host:info(username);
	if info and info.state ~= "unfinished" then
		return info;
	end
	return nil, info and "not-found" or code, text;
end

-- What follows from what was done to the administrator's own account has to wait for the answer.
local function carry_out(request, account, outcome)
	for _, action in ipairs(outcome) do
		if action.kind == "effect" and account.bare == request.actor then
			table.insert(request.later, function ()
				accounts.carry_out(action, { stream = request.session, session = request.session });
			end);
		elseif action.kind == "effect" then
			accounts.carry_out(action);
		end
	end
end

-- Begin an operation on an account: nil, code, text and perhaps a rule if it cannot be
local function begin(kind, account, order)
	local host, why = accounts.host();
	if not host then
		return nil, "closed", why;
	end
	if kind ~= "register" then
		local info, code, text = info_of(host, account.username);
		if not info then
			return nil, code, text;
		end
	end
	local operation, text, code = host[kind](host, order);
	if code == "bad-password" and not order.override then
		-- Is it a rule that refuses the password, or can nobody have such a one?
		order.override = true;
		return nil, code, text, host[kind](host, order) and "password";
	end
	return operation, code, text;
end

-- Run an operation on an account: true, or a failure
local function run(kind, request, account, order)
	order.username, order.door, order.actor = account.username, "ad-hoc", request.actor;
	local operation, code, text, rule = begin(kind, account, order);
	if not operation then
		local detail = conditions[code] == "not-acceptable" and text or nil;
		accounts.count_unbegun(kind, code, order.door);
		adhoc.note(request, code, { username = account.key, rule = rule, detail = detail });
		return nil, code, rule and by_rule(rule, text) or text;
	end
	request.noted = true;
	local outcome = rules.look(operation, order) or accounts.finish(operation);
	accounts.count(outcome, order.door);
	carry_out(request, account, outcome);
	if outcome.ok then
		return true;
	elseif outcome.rule and outcome.rule ~= "name-taken" and not order.override then
		-- Others are told of some names that they are taken
		return nil, outcome.error, by_rule(outcome.rule, outcome.detail or outcome.text);
	end
	return nil, outcome.error, outcome.text;
end

-- --- results ---

local function result(...)
	local x = st.stanza("x", { xmlns = "jabber:x:data", type = "result" })
		:tag("field", { var = "FORM_TYPE", type = "hidden" }):text_tag("value", xmlns_admin):up();
	for _, field in ipairs({ ... }) do
		x:add_direct_child(field);
	end
	return { x };
end

local function field(name, kind, label)
	return st.stanza("field", { var = name, type = kind, label = label });
end

local function add_value(element, value)
	element:add_direct_child(st.stanza("value"):text(value));
end

-- What could not be done, a line each; nothing if there is nothing to tell
local function note(failures)
	if #failures == 0 then
		return {};
	end
	return { st.stanza("note", { type = "error" }):text(table.concat(failures, "\n")) };
end

-- A deed that is done without an operation, and told to the audit
local function noted(request, deed)
	return function (account)
		local ok, code, text = deed(account);
		adhoc.note(request, ok and "ok" or code, { username = account.key, detail = account.resource });
		return ok, code, text;
	end;
end

-- Do something to each of some accounts; the note says what failed.
local function each(list, deed)
	local failures = {};
	for _, account in ipairs(list) do
		local ok, code, text = deed(account);
		if not ok then
			if not conditions[code] and not sentences[code] then
				module:log("error", "A command failed for %s: %s", account.jid, text or code);
			end
			table.insert(failures, account.jid..": "..sentence_of(code, text));
		end
	end
	return note(failures);
end

-- --- commands on accounts ---

local function account_field(label)
	return { name = "accountjid", type = "jid-single", required = true, label = label };
end

local function accounts_field(label, resources)
	return { name = "accountjids", type = "jid-multi", required = true, label = label, resources = resources };
end

local override_field = { name = "override", type = "boolean", label = "Override the rules of this host" };

adhoc.offer("add-user", {
	name = "Add User", action = "register";
	layout = {
		title = "Adding a User", instructions = "Fill out this form to add a user.";
		account_field("The Jabber ID for the account to be added");
		{ name = "password", type = "text-private", required = true, label = "The password for this account" };
		{ name = "password-verify", type = "text-private", required = true, label = "Retype password" };
		{ name = "email", type = "text-single", label = "Email address" };
		{ name = "given_name", type = "text-single", label = "Given name" };
		{ name = "surname", type = "text-single", label = "Family name" };
		override_field;
	};
	run = function (request, fields)
		if fields["password"] ~= fields["password-verify"] then
			adhoc.note(request, "bad-request", { username = fields.accountjid.key });
			return nil, adhoc.refusal("bad-request", "The passwords differ.", "bad-payload");
		end
		local ok, code, text = run("register", request, fields.accountjid, {
			password = fields.password, override = fields.override;
			-- By the names that registration has for them (XEP-0077)
			fields = { email = fields.email, first = fields.given_name, last = fields.surname };
		});
		if not ok then
			return refuse(code, text);
		end
		return {};
	end;
});

-- A command that does one thing to many accounts
local function offer_operation(name, kind, title, label, instructions)
	adhoc.offer(name, {
		name = title, action = kind;
		layout = { title = title, instructions = instructions, accounts_field(label) };
		run = function (request, fields)
			return each(fields.accountjids, function (account) return run(kind, request, account, {}); end);
		end;
	});
end

offer_operation("delete-user", "unregister", "Delete User", "The Jabber ID(s) to delete",
	"Fill out this form to delete a user.");
offer_operation("disable-user", "disable", "Disable User", "The Jabber ID(s) to disable",
	"Fill out this form to disable a user.");
offer_operation("reenable-user", "enable", "Re-Enable User", "The Jabber ID(s) to re-enable",
	"Fill out this form to re-enable a user.");

-- Without a condition the stream would stay for a while, waiting for its client to say goodbye.
local ended = { condition = "reset", text = "An administrator has ended this session." };

local function end_sessions(request, account)
	local user = hosts[module.host].sessions[account.key];
	local doomed = {};
	for resource, session in pairs(user and user.sessions or {}) do
		if not account.resource or resource == account.resource then
			table.insert(doomed, session);
		end
	end
	for _, session in ipairs(doomed) do
		if session == request.session then
			table.insert(request.later, function () session:close(ended); end);
		else
			session:close(ended);
		end
	end
	if #doomed == 0 then
		return nil, "offline";
	end
	return true;
end

adhoc.offer("end-user-session", {
	name = "End User Session";
	layout = {
		title = "Ending a User Session", instructions = "Fill out this form to end a user's session.";
		accounts_field("The Jabber ID(s) for which to end sessions", true);
	};
	run = function (request, fields)
		return each(fields.accountjids, noted(request, function (account) return end_sessions(request, account); end));
	end;
});

adhoc.offer("change-user-password", {
	name = "Change User Password", action = "change-password";
	layout = {
		title = "Changing a User Password", instructions = "Fill out this form to change a user's password.";
		account_field("The Jabber ID for this account");
		{ name = "password", type = "text-private", required = true, label = "The password for this account" };
		override_field;
	};
	run = function (request, fields)
		local ok, code, text = run("change_password", request, fields.accountjid,
			{ password = fields.password, override = fields.override });
		if not ok then
			return refuse(code, text);
		end
		return {};
	end;
});

adhoc.offer("get-user-password", { why = "Passwords are not kept and cannot be read." });

adhoc.offer("get-user-lastlogin", {
	name = "Get User Last Login Time";
	layout = {
		title = "Getting a User's Last Login Time";
		instructions = "Fill out this form to get a user's last login time.";
		accounts_field("The Jabber ID(s) for which to retrieve the last login time");
	};
	run = function (request, fields)
		local host, why = accounts.host();
		if not host then
			return refuse("closed", why);
		end
		local jids = field("accountjids", "jid-multi", "The Jabber ID(s)");
		local times = field("lastlogin", "text-multi", "The last login time");
		local notes = each(fields.accountjids, noted(request, function (account)
			local info, code, text = info_of(host, account.username);
			if not info then
				return nil, code, text;
			end
			local at = lastlogin.get(info.username);
			add_value(jids, account.jid);
			add_value(times, at and datetime(at) or ""); -- a value each, so that the two lists go together
			return true;
		end));
		local results = result(jids, times);
		table.insert(results, notes[1]);
		return results;
	end;
});

-- --- counts and lists ---

-- Call visit with the name and state of each account until it returns false. Others get their turn between pages.
local function walk(host, visit)
	local next_user, count = accounts.users(host), 0;
	while true do
		local ok, username, state = pcall(next_user);
		if not ok then
			return nil, "io", username;
		elseif not username or (state ~= "unfinished" and visit(username, state) == false) then
			return true;
		end
		count = count + 1;
		if count % page == 0 then
			async.sleep(0);
		end
	end
end

local function is_disabled(state)
	return state ~= "enabled"; -- accounts that their owners removed, and that can be restored, among them
end

local function is_registered()
	return true;
end

local function offer_number(name, title, variable, label, counts)
	adhoc.offer(name, {
		name = title;
		run = function ()
			local host, why = accounts.host();
			if not host then
				return refuse("closed", why);
			end
			local number = 0;
			local ok, code, text = walk(host, function (_, state)
				number = number + (counts(state) and 1 or 0);
			end);
			if not ok then
				return refuse(code, text);
			end
			local element = field(variable, "text-single", label);
			add_value(element, tostring(number));
			return result(element);
		end;
	});
end

-- The most that a list may hold up the server, and less than other servers and clients take for a stanza: about 5,000
-- accounts
local most_bytes = 200 * 1024;

local limits = {};
for _, limit in ipairs({ "25", "50", "75", "100", "150", "200" }) do
	table.insert(limits, { label = limit, value = limit });
end
table.insert(limits, { label = "None: as many as one answer holds, about 5,000", value = "none" });

local function cut_short(count)
	return st.stanza("note", { type = "warn" }):text(("The list is cut short: one answer holds no more than these %d."
		.." The server's console lists all: muster:list(\"%s\")"):format(count, module.host));
end

local function offer_list(name, title, instructions, variable, label, belongs)
	adhoc.offer(name, {
		name = title;
		layout = {
			title = title, instructions = instructions;
			{ name = "max_items", type = "list-single", label = "Maximum number of items to show", options = limits };
		};
		run = function (_, fields)
			local host, why = accounts.host();
			if not host then
				return refuse("closed", why);
			end
			local element = field(variable, "jid-multi", label);
			local most, count, bytes = tonumber(fields.max_items) or math.huge, 0, 0;
			local ok, code, text = walk(host, function (username, state)
				if not belongs(state) then return; end
				local value = username.."@"..module.host;
				bytes = bytes + #value + #"<value></value>";
				if bytes > most_bytes then
					return false;
				end
				add_value(element, value);
				count = count + 1;
				return count < most;
			end);
			if not ok then
				return refuse(code, text);
			end
			local results = result(element);
			if bytes > most_bytes then
				table.insert(results, cut_short(count));
			end
			return results;
		end;
	});
end

offer_number("get-registered-users-num", "Get Number of Registered Users", "registeredusersnum",
	"The number of registered users", is_registered);
offer_number("get-disabled-users-num", "Get Number of Disabled Users", "disabledusersnum",
	"The number of disabled users", is_disabled);
offer_list("get-registered-users-list", "Get List of Registered Users",
	"Fill out this form to request the registered users of this service.", "registereduserjids",
	"The list of all users", is_registered);
offer_list("get-disabled-users-list", "Get List of Disabled Users",
	"Fill out this form to request the disabled users of this service.", "disableduserjids",
	"The list of all disabled users", is_disabled);

-- --- who waits to be approved ---

local most_shown = 100;

local function label_of(jid, info)
	return jid.." ("..datetime(info.created)..(info.address and ", from "..info.address or "")..")";
end

local function pending_options()
	local host, why = accounts.host();
	if not host then
		return refuse("closed", why);
	end
	local counts, text, code = host:counts();
	if not counts then
		return refuse(code, text);
	end
	local options, wanted = {}, math.min(counts.pending, most_shown);
	local ok, failure, sentence = walk(host, function (username, state)
		local info = state == "pending" and #options < wanted and host:info(username);
		if info then
			local jid = username.."@"..module.host;
			table.insert(options, { value = jid, label = label_of(jid, info) });
		end
		return #options < wanted;
	end);
	if not ok then
		return refuse(failure, sentence);
	end
	return { accountjids = options };
end

local function offer_decision(kind, title, label, instructions, reason)
	adhoc.offer("urn:muster:admin#"..kind.."-user", {
		name = title, action = kind, options = pending_options;
		layout = {
			title = title;
			instructions = ("%s At most %d that wait are listed."):format(instructions, most_shown);
			{ name = "accountjids", type = "list-multi", required = true, label = label };
			reason;
		};
		run = function (request, fields)
			return each(fields.accountjids, function (account)
				local ok, code, text = run(kind, request, account, { reason = fields.reason });
				return ok, code == "not-found" and "not-pending" or code, text;
			end);
		end;
	});
end

offer_decision("approve", "Approve Users", "The accounts to let in", "Choose who is let in.");
offer_decision("reject", "Reject Users", "The accounts to turn away", "Choose who is turned away.",
	{ name = "reason", type = "text-single", label = "Reason, for the audit" });

return { stop = lastlogin.write_all, last_login = lastlogin.get };
