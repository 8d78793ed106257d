-- place.lua: directories for stores, other processes, and a collector that spares nothing.

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
