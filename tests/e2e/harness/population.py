"""Many accounts at once, for what takes long only where there are many."""

import subprocess

FILL = """
local muster = require "muster";
local engine = assert(muster.open(arg[1]));
local host = assert(engine:host("localhost"));
local done, wanted = 0, tonumber(arg[2]);
for i = 1, wanted do
	local operation = assert(host:create({ username = ("user%06d"):format(i) }));
	while operation:submit(function (outcome) assert(outcome.ok); done = done + 1; end) ~= true do
		operation = assert(host:create({ username = ("user%06d"):format(i) }));
		engine:drain();
	end
	if i % 50 == 0 then
		engine:drain();
	end
end
while done < wanted do
	engine:drain();
end
engine:close();
"""


def fill(server, count):
    """Names in the store; unfinished ones, which cost no hash."""
    script = server.directory / "fill.lua"
    script.write_text(FILL)
    subprocess.run(["lua5.4", script, server.directory / "data/muster", str(count)], check=True,
                   env=server.installation.environment(), timeout=300)
