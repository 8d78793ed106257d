-- mod_loop_cost: what registrations cost the server's own thread, without streams and clients. Requests are handed to
-- whoever handles them on this host, with sessions that only count what is sent to them; what the thread then does is
-- handling them. Results go to the file of the option loop_cost_file.

local async = require "util.async";
local json = require "util.json";
local st = require "util.stanza";

local at_once = 50;
local count = module:get_option_number("loop_cost_count", 1000);
local events = prosody.hosts[module.host].events;
local serial = 0;

-- Processor time of this thread, in microseconds
local function processor_us()
	local file = assert(io.open("/proc/thread-self/schedstat"));
	local ns = file:read("n");
	file:close();
	return ns / 1000;
end

local function new_session(answered)
	serial = serial + 1;
	local session = {
		type = "c2s_unauthed", host = module.host, secure = true, conn = {}, log = function () end, id = "loop"..serial;
		ip = ("10.%d.%d.%d"):format(serial // 65536, serial // 256 % 256, serial % 256);
	};
	function session.send(stanza)
		answered(stanza);
		return true;
	end
	function session.close() end
	return session, "loop"..serial;
end

local function request(kind)
	return st.iq({ type = kind, id = kind, xmlns = "jabber:client" }):tag("query", { xmlns = "jabber:iq:register" });
end

local function submission(username)
	return request("set"):text_tag("username", username):text_tag("password", "correct horse 7"):reset();
end

local function fire(session, stanza)
	events.fire_event("stanza/iq/jabber:iq:register:query", { origin = session, stanza = stanza });
end

local function check(stanza)
	if stanza.attr.type ~= "result" then
		module:log("error", "A request failed: %s", stanza);
	end
end

-- Call `begin` with each number up to `total`, so many at once; it is given a function to call when it is over.
local function crowd(total, begin)
	local started, over = 0, 0;
	local wait, done = async.waiter();
	local function next_one()
		if started == total then return; end
		started = started + 1;
		async.runner(function (number)
			begin(number, function ()
				over = over + 1;
				if over == total then
					done();
				else
					module:add_timer(0, next_one);
				end
			end);
		end):run(started);
	end
	for _ = 1, math.min(at_once, total) do
		next_one();
	end
	wait();
end

-- What a kind of work costs, in microseconds each, with the making of its session
local function cost(work)
	return function (total)
		local begun = processor_us();
		crowd(total, work);
		return (processor_us() - begun) / total;
	end
end

local idle = cost(function (_, done)
	local _, username = new_session(check);
	submission(username);
	done();
end);

local ask = cost(function (_, done)
	fire((new_session(check)), request("get"));
	done();
end);

local register = cost(function (_, done)
	local session, username = new_session(function (stanza)
		check(stanza);
		done();
	end);
	fire(session, submission(username));
end);

-- With the collector stopped: what a kind of work costs without it, and the KiB that it leaves to be collected
local function uncollected(measure)
	collectgarbage();
	collectgarbage("stop");
	local before = collectgarbage("count");
	local us = measure(count);
	local left = collectgarbage("count") - before;
	collectgarbage("restart");
	return us, left / count;
end

local function measure()
	register(count // 5); -- warm
	local found = { idle_us = idle(count), get_us = ask(count), set_us = register(count) };
	found.idle_alone, found.idle_kib = uncollected(idle);
	found.get_alone, found.get_kib = uncollected(ask);
	found.set_alone, found.set_kib = uncollected(register);
	local file = assert(io.open(module:get_option_string("loop_cost_file"), "w"));
	file:write(json.encode(found), "\n");
	file:close();
end

module:hook_global("server-started", function ()
	module:add_timer(0.5, function ()
		async.runner(measure, { error = function (_, err) module:log("error", "%s", err); end }):run(true);
	end);
end, -100);
