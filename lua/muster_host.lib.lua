-- What the modules of a host share: its settings in the account store, waiting for operations, acknowledging effects.

local add_task = require "util.timer".add_task;

local effects = module:require "muster_effects";
local options = module:require "muster_options";
local rules = module:require "muster_rules";
local wait = module:require "muster_wait";

local have_muster = pcall(require, "muster");
local state = module:shared("/*/muster/state");
-- Failing to load would leave this host to other modules, so a missing mod_muster is a failure like any other.
local have_module, problem = pcall(module.depends, module, "muster");
local in_server = prosody.process_type == "prosody";

local lib = { state = state };

-- How the account functions of the host's own code are called in effects
lib.door = in_server and "provider" or prosody.process_type;
lib.in_server = in_server;

-- engine, and made for it: host, or failure; open: lib.host. Shared, for each module that requires this file has a copy
-- of it.
local current = module:shared("/"..module.host.."/muster/host");

-- A component keeps registrations with itself, a host accounts.
local kind = module:get_host_type() == "component" and "service" or "host";

local function make_host(engine)
	local settings, why = options.of_host(module);
	if not settings then
		return nil, why;
	end
	local wrong = kind == "host" and rules.wrong_option(module);
	if wrong then
		return nil, wrong;
	end
	return engine[kind](engine, module.host, settings);
end

-- This host in the store, or nil and why there is none. Another one after each change of the configuration.
function lib.host()
	local engine = state.engine or state.open and state.open();
	if not have_module then
		return nil, (tostring(problem):gsub("^%S+:%d+: ", ""));
	elseif not have_muster or not engine then
		return nil, state.failure or "the account store is not open";
	end
	if current.engine ~= engine then
		local host, text = make_host(engine);
		current.engine, current.host, current.failure = engine, host or nil, text;
	end
	return current.host, current.failure;
end

-- Modules that own rules may come and go.
function lib.watch_owners()
	local function note(event)
		if options.owns_rules(event.module) then
			current.engine = nil;
		end
	end
	module:hook("module-loaded", note);
	module:hook("module-unloaded", note);
end

current.open = lib.host;
lib.shared = current; -- with the console, which belongs to no host

-- Read the configuration again. `consequence` goes into the log if it cannot be used.
function lib.reload(consequence)
	current.engine = nil;
	local host, text = lib.host();
	if not host then
		module:log("error", "%s: %s", consequence, text);
	end
	return host;
end

-- An iterator over the names and states of a host's accounts. The log tells of those that cannot be read.
function lib.users(host)
	local unread = {};
	local step = host:users(unread);
	return function ()
		local username, account_state = step();
		for _ = 1, #unread do
			local row = table.remove(unread);
			module:log("error", "An account is left out of a list, for it cannot be read: %s (%s)", row.key, row.text);
		end
		return username, account_state;
	end
end

lib.finish, lib.finish_then, lib.sleep = wait.finish, wait.finish_then, wait.sleep;

-- Carry out now what other processes did, not with the next look: a name may be somebody else's by now.
function lib.catch_up()
	if state.poll then
		state.poll();
	end
end

-- Count what came of a request or an order, or that an order of a kind was not even begun. door: nil for in band
function lib.count(outcome, door)
	if state.count then
		state.count(module.host, door or "in-band", outcome);
	end
end

function lib.count_unbegun(order_kind, code, door)
	if state.count_unbegun then
		state.count_unbegun(module.host, door, order_kind, code);
	end
end

-- How long the answer to a request took, with all that was waited for
function lib.took(outcome, seconds)
	if state.took then
		state.took(module.host, outcome, seconds);
	end
end

function lib.carried_out(effect)
	if state.engine then
		state.engine:carried_out(effect.id);
	end
end

-- Carry out one of an outcome's effects. asker: see effects.carry_out
function lib.carry_out(effect, asker)
	-- If another process has just removed an account of this name, the new one must not lose its data with it.
	if effect.effect == "registered" then
		lib.catch_up();
	end
	effects.carry_out(effect, asker);
	lib.carried_out(effect);
end

-- Do an order: its outcome, or nil, a code, a text and perhaps the rule that refused. Its effects remain to be done.
function lib.run(order_kind, order)
	local host, why = lib.host();
	if not host then
		return nil, "closed", why;
	end
	local operation, text, code = host[order_kind](host, order);
	if not operation then
		lib.count_unbegun(order_kind, code, order.door);
		return nil, code, text;
	end
	order.username = order.username and operation:username(); -- as it is prepared
	local outcome = rules.look(operation, order) or wait.finish(operation);
	lib.count(outcome, order.door);
	if not outcome.ok then
		return nil, outcome.error, outcome.text, outcome.rule;
	end
	return outcome;
end

-- The effects of what the host's own code asked for. Outside of the server they are left to the server.
function lib.settle(outcome)
	if not in_server then return; end
	for _, action in ipairs(outcome) do
		if action.kind == "effect" then
			if effects.announced_by_host(action) then
				effects.expect(action);
			else
				effects.carry_out(action);
			end
			-- The host fires its events as soon as we return
			add_task(0, function ()
				wait.apart(effects.complete, action);
				lib.carried_out(action);
			end);
		end
	end
end

return lib;
