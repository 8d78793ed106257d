-- place.lua: directories for stores, engines, other processes, and a collector that spares nothing.

local assert = require "luassert";
local muster = require "muster";

local place = {};

-- With MUSTER_GC=each a cycle of the collector ends and begins all the time, so that what is not held shows.
if os.getenv("MUSTER_GC") == "each" then
	collectgarbage("incremental", 1, 1000, 1);
end

local function command_line(words)
	local quoted = {};
	for i, word in ipairs(words) do
		quoted[i] = "'"..word:gsub("'", "'\\''").."'";
	end
	return table.concat(quoted, " ");
end

function place.new()
	local pipe = assert(io.popen("mktemp -d"));
	local path = assert(pipe:read("l"));
	pipe:close();
	return path;
end

function place.remove(path)
	os.execute(command_line({ "rm", "-rf", path }));
end

-- A server's engine on a new store, and a host
function place.open(path)
	local engine = assert(muster.open(path.."/store", { server = true, hash_threads = 1 }));
	return engine, assert(engine:host("Example.ORG"));
end

-- Wait until `done` returns something true
function place.drain_until(engine, done)
	local deadline = os.time() + 60;
	while not done() do
		assert(engine:drain());
		assert(os.time() < deadline, "nothing comes back");
	end
end

-- A failure of the world: nil, a sentence, a code. Returns the sentence.
function place.assert_failure(code, ...)
	local value, text, actual = ...;
	assert.is_nil(value);
	assert.is_string(text);
	assert.equal(code, actual);
	return text;
end

-- Run Lua code in another process, `store` being the path of a store; returns what it printed.
function place.elsewhere(store, code)
	local prelude = "local muster = require 'muster'; local store = ...; ";
	local pipe = assert(io.popen(command_line({ "lua5.4", "-e", "", "-", store }).." <<'END' 2>&1\n"
		..prelude..code.."\nEND\n"));
	local printed = pipe:read("a");
	pipe:close();
	return printed;
end

return place;
