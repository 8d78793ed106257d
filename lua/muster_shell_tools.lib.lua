-- What console commands have in common: changing accounts, asking for a password, and long lists that keep nobody
-- waiting.

local async = require "util.async";
local now = require "util.time".now;
local promise = require "util.promise";

local audit = module:require "muster_audit";
local effects = module:require "muster_effects";
local tables = module:require "muster_table";
local wait = module:require "muster_wait";

local state = module:shared("/*/muster/state");
local admin_sessions = module:shared("/*/admin_socket/sessions");

local work, rest = 0.0005, 0.004; -- seconds in which a long list has the server, and in which it leaves it alone

local lib = { wait = wait.wait };

-- Sentences for codes, as an operator is told them
local sentences = {
	["exists"] = "There is such an account already";
	["not-found"] = "There is no such account (any more)";
	["busy"] = "Too much work is waiting already, try again soon";
	["full"] = "The account store, or its disk, is full";
	["closed"] = "The account store is not open";
	["io"] = "The account store cannot be read or written";
};

function lib.sentence(code, text)
	return sentences[code] or text or code;
end

-- "1 account", "2 accounts"
function lib.counted(number, noun)
	return ("%d %s%s"):format(number, noun, number == 1 and "" or "s");
end

-- What the rules have refused can be overridden, but for a name that an account has, and what is said of devices.
local function refusal_of(outcome)
	if outcome.rule == "devices" then
		return outcome.text;
	elseif not outcome.rule or outcome.rule == "name-taken" then
		return lib.sentence(outcome.error, outcome.text);
	end
	return ("Refused by the rule %s%s; { override = true } overrides it"):format(outcome.rule,
		outcome.detail and ": "..outcome.detail or "");
end

-- Do something by name: true, nil, nil and the outcome; or nil, why not, and a code. role: nil, or that of a new
-- account
function lib.run(account, kind, order, role)
	order = order or {};
	order.username, order.door, order.actor = order.username or account.username, "console", "console";
	local operation, text, code = account.host[kind](account.host, order);
	if not operation then
		state.count_unbegun(account.host:name(), order.door, kind, code);
		audit.note_unbegun(account.host, kind, order, code, text);
		return nil, lib.sentence(code, text), code;
	end
	if role then
		operation:role(role);
	end
	local outcome = account.look and account.look(operation, order) or wait.finish(operation);
	state.count(account.host:name(), order.door, outcome);
	if kind == "register" and outcome.ok and state.poll then
		state.poll(); -- what another process removed goes first, so that the new account does not lose its data with it
	end
	for _, action in ipairs(outcome) do
		effects.carry_out(action);
		if state.engine then
			state.engine:carried_out(action.id);
		end
	end
	if not outcome.ok then
		return nil, refusal_of(outcome), outcome.error;
	end
	return true, nil, nil, outcome;
end

-- Call `act` with the password, which is asked for if it was not typed and the host can ask. The answer comes by the
-- same stream as the command, which must not wait for it: so a promise is returned.
function lib.with_password(self, password, act)
	if password then
		return act(password);
	elseif not self.session.request_input then
		return nil, "The password is missing; this version of Prosody cannot ask for it";
	end
	return self.session.request_input("password"):next(function (typed)
		return promise.new(function (resolve, reject)
			wait.apart(function ()
				local called, ok, text = pcall(act, typed);
				if called and ok then
					resolve(text);
				else
					reject(called and text or ok);
				end
			end);
		end);
	end);
end

-- The connection of a console, nil if it is none that we know
local function connection_of(session)
	for connection, admin in pairs(admin_sessions) do
		if admin.shell_session == session then
			return connection;
		end
	end
end

local function is_writing(connection)
	local buffer = connection.writebuffer;
	return buffer and #buffer > 0;
end

-- Returns a function to call again and again in a long list. It lets others have the server, and waits until what was
-- printed is sent, so that it does not pile up. It returns false once nobody is there any more to read the list.
function lib.patience(self)
	local connection = connection_of(self.session);
	local begun = now();
	return function ()
		if now() - begun < work or not async.ready() then
			return true;
		end
		repeat
			async.sleep(rest);
			local gone = connection and not admin_sessions[connection];
		until gone or not (connection and is_writing(connection));
		begun = now();
		return not (connection and not admin_sessions[connection]);
	end;
end

-- A list is no shorter without a word. Empties what it has told of.
local function tell_unread(self, rows)
	for _ = 1, #rows do
		local row = table.remove(rows, 1);
		self.session.print(("Left out, for it cannot be read: %s (%s)"):format(tables.clean(row.key), row.text));
	end
end

-- An iterator over the rows of what is read page by page: `read` is called with a position, and returns a list of rows,
-- the next position, and a list of what cannot be read.
function lib.rows(self, read)
	local at, page, position = 0, {}, nil;
	local function turn()
		local unread;
		page, position, unread = read(position);
		at = 0;
		tell_unread(self, page and unread or {});
	end
	turn();
	return function ()
		while page and at == #page and position do
			turn();
		end
		if not page then
			error(position, 0);
		end
		at = at + 1;
		return page[at];
	end;
end

-- The same over the accounts of a host, or the registrations of a service: their names and states.
function lib.users(self, host)
	local unread = {};
	local step = host:users(unread);
	return function ()
		local username, account_state = step();
		tell_unread(self, unread);
		return username, account_state;
	end
end

-- Go through an iterator's rows with patience. Returns whether the end was reached.
function lib.each(self, visit, step, data, first)
	local breathe = lib.patience(self);
	local row = table.pack(step(data, first));
	while row[1] ~= nil do
		visit(table.unpack(row, 1, row.n));
		if not breathe() then
			return false;
		end
		row = table.pack(step(data, row[1]));
	end
	return true;
end

return lib;
