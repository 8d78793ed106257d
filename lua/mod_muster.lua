-- mod_muster: opens the account store, watches its engine, and carries out what other processes did to accounts.
--
-- The engine belongs to muster.so, one a path in this process, and outlives a reload of this module. mod_auth_muster
-- and mod_register_muster find it in a shared table, for a reload leaves them with the functions of the module before.

module:set_global();

local async = require "util.async";

local effects = module:require "muster_effects";
local read_options = module:require "muster_options".of_store;

local have_muster, muster = pcall(require, "muster");
local in_server = prosody.process_type == "prosody";

-- engine: the open engine, or nil and failure: why there is none; open: outside of the server, open it if it is needed;
-- watched: its completions come by themselves; poll: carry out now what other processes did; waiting: operations that
-- somebody waits for; departing: see muster_effects; count, count_unbegun, took: see muster_metrics
local state = module:shared("/*/muster/state");
state.waiting = state.waiting or 0;

local watch; -- of the engine's descriptor, by net.server
local told; -- the failure that stands in the log already
local seen; -- generation of the store when no effects were left to take

local function open_engine()
	if not have_muster then
		return nil, ("muster.so cannot be loaded, is it in Lua's path for C modules? %s"):format(tostring(muster));
	end
	local path, options = read_options(module);
	if not path then
		return nil, options;
	end
	return muster.open(path, options);
end

local function log_error(_, err)
	module:log("error", "Carrying out a change of an account failed: %s", err);
end

-- Handlers of the events may wait, so they run in a coroutine; one after the other, for their order matters.
local carrier = async.runner(function (effect)
	effects.carry_out(effect);
	if state.engine then
		state.engine:carried_out(effect.id);
	end
end, { error = log_error });

local function poll()
	local engine = state.engine;
	local generation = engine and engine:generation();
	if not generation or generation == seen then return; end
	local list, text = engine:effects();
	if not list then
		module:log("error", "Cannot read what other processes changed: %s", text);
		return;
	end
	if #list == 0 then -- else there may be more: they come in portions
		seen = generation;
	end
	for _, effect in ipairs(list) do
		if prosody.hosts[effect.host] then
			carrier:run(effect);
		else
			-- It stays in the store until a server that has the host is started
			module:log("debug", "Not carrying out a change on %s, which is not a host here", effect.host);
		end
	end
end

-- An error thrown in a watcher would stall the whole loop for a while, so none gets out.
local function drain()
	local engine = state.engine;
	if not engine then return; end
	local ok, count, errors = pcall(engine.drain, engine);
	if not ok then
		module:log("error", "Cannot take what the engine has finished: %s", count);
		return;
	end
	for _, err in ipairs(errors or {}) do
		module:log("error", "Error after an operation: %s", err);
	end
end

local function unwatch()
	if not watch then return; end
	if watch.close then
		watch:close();
	else -- net.server_event
		watch:setflags(false, false);
	end
	watch = nil;
	state.watched = false;
end

-- Everything that waits is answered here; only then is the store closed.
local function stop(reason)
	unwatch();
	local engine = state.engine;
	if engine then
		engine:close();
	end
	state.engine, state.failure, state.open = nil, reason, nil;
end

local function open()
	local engine, text = open_engine();
	if state.engine and state.engine ~= engine then
		stop(); -- another path than before this module was reloaded
	end
	state.engine, state.failure = engine or nil, not engine and text or nil;
	if not engine and text ~= told then
		told = text;
		module:log_status("error", "The account store cannot be opened: %s", text);
	elseif engine and text then
		module:log("warn", "%s", text);
	end
	return engine;
end

-- After another pepper was put in force: portion by portion, so that nobody waits for long.
local reseal;

local function reseal_later(before, problem, code)
	if code == "closed" then return; end
	module:log("warn", "Sealing accounts anew goes on in a minute: %s", problem);
	module:add_timer(60, function () reseal(before); end);
end

function reseal(before)
	local engine = state.engine;
	if not engine then return; end
	local begun, problem, code = engine:reseal(function (count, more, damaged)
		if not count then
			return reseal_later(before, more, damaged);
		elseif damaged > 0 then
			module:log("warn", "Accounts that cannot be read, and stay as they are: %d", damaged);
		end
		if more then
			reseal(before + count);
		elseif before + count > 0 then
			module:log("info", "Accounts sealed anew: %d; peppers that are not in force are needed no more",
				before + count);
		end
	end);
	if begun == nil then
		reseal_later(before, problem, code);
	end
end

local function start()
	local engine = open();
	if not engine then return; end
	watch = require "net.server".watchfd(engine:fd(), drain);
	state.watched = true;
	seen = nil;
	state.poll = poll;
	poll();
	reseal(0);
	module:add_timer(1, function ()
		local ok, err = pcall(poll);
		if not ok then
			log_error(nil, err);
		end
		return 1;
	end);
end

local shell = in_server and module:require "muster_shell";
if shell then
	shell.offer();
	module:require "muster_metrics".start();
end

if not in_server then
	state.open = open; -- a command that only looks leaves no trace of a store
elseif prosody.start_time then
	start();
else
	-- Prosody 0.12 forks into the background at server-started, priority 0. Neither threads nor an LMDB environment
	-- survive a fork: what is open for the modules that load now is closed before, and opened for good behind it.
	open();
	module:hook("server-started", function () stop("the server is starting"); end, 1000);
	module:hook("server-started", function () start(); end, -1);
end

-- Whoever waits is answered before mod_c2s closes the streams (priority -80), if it does not take too long.
module:hook("server-stopping", function ()
	local rounds = 100;
	while state.waiting > 0 and rounds > 0 and async.ready() do
		async.sleep(0.05);
		rounds = rounds - 1;
	end
end);

module:hook("server-cleanup", function () stop("the server is stopping"); end);

function module.unload()
	state.poll, state.count, state.count_unbegun, state.took = nil, nil, nil, nil;
	if shell then
		shell.withdraw();
	end
	if module.reloading then
		unwatch(); -- the next one drains what is finished meanwhile
	else
		stop("mod_muster is not loaded");
	end
end

-- prosodyctl mod_muster …
function module.command(arg)
	return module:require "muster_check".command(arg);
end
