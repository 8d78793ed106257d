-- Waiting for what the engine does, without keeping the server from its work.

local add_task = require "util.timer".add_task;
local async = require "util.async";

local state = module:shared("/*/muster/state");
state.waiting = state.waiting or 0;

local lib = {};

-- Is somebody there to wake us up, and may this code be put to sleep?
local function may_wait()
	return state.watched and async.ready();
end

local function submit(job, callback)
	state.waiting = state.waiting + 1;
	local results = table.pack(job:submit(function (...)
		state.waiting = state.waiting - 1;
		callback(...);
	end));
	if results[1] ~= true then
		state.waiting = state.waiting - 1;
	end
	return table.unpack(results, 1, results.n);
end

-- Wait for what `begin` begins. It is called with a callback, and returns true if that will be called: then the
-- callback's arguments are returned, else what `begin` returned.
function lib.wait(begin)
	local sleep, wake = async.waiter();
	local results;
	local first = table.pack(begin(function (...)
		results = table.pack(...);
		wake();
	end));
	if first[1] ~= true then
		return table.unpack(first, 1, first.n);
	end
	sleep();
	return table.unpack(results, 1, results.n);
end

-- Complete an operation or a login exchange, without keeping the server from its work if the caller can wait.
function lib.finish(job)
	if may_wait() then
		return lib.wait(function (callback) return submit(job, callback); end);
	end
	return job:run();
end

-- Wait for a time, without keeping the server from its work: true, or false where the caller cannot.
function lib.sleep(seconds)
	if not may_wait() then
		return false;
	end
	local sleep, wake = async.waiter();
	add_task(seconds, function () wake(); end);
	sleep();
	return true;
end

-- Call a function in a coroutine of its own, where it may wait.
function lib.apart(callback, ...)
	local arguments = table.pack(...);
	local runner = async.runner(function ()
		callback(table.unpack(arguments, 1, arguments.n));
	end, { error = function (_, err)
		module:log("error", "Error after an operation: %s", err);
	end });
	runner:run(true);
end

-- The same with a callback, for callers that may have no coroutine to wait in: they go on in one of ours.
function lib.finish_then(job, callback)
	if may_wait() or not state.watched then
		return callback(lib.finish(job));
	end
	local outcome = submit(job, function (result) lib.apart(callback, result); end);
	if outcome ~= true then
		return callback(outcome);
	end
end

return lib;
