-- host.lua: a whole host over muster.so in plain Lua, without a server: what a Lua program needs to offer registration
-- and login. A real one would watch engine:fd() in its loop, and send stanzas instead of gathering them.

local muster = require "muster";

local has_poll, poll = pcall(require, "posix.poll");

local host = {};
host.__index = host;

function host.new(path, options, name)
	local engine = assert(muster.open(path, { server = true }));
	return setmetatable({
		engine = engine, accounts = assert(engine:host(name or "example.org", options));
		events = {}; -- what a server would tell its other modules
		veto = function () end; -- (name, fields): nil, or why this account may not be made
	}, host);
end

-- Wait until done() is true, as a loop would.
function host:wait(done)
	local deadline = os.time() + 60;
	while not done() do
		if has_poll then
			poll.rpoll(self.engine:fd(), 1000);
		end
		local _, errors = assert(self.engine:drain());
		assert(not errors, errors and errors[1]);
		assert(os.time() < deadline, "nothing comes back");
	end
end

-- Do what an outcome says, for a stream: a table that gathers what is sent, and the condition that closes it.
function host:perform(outcome, stream)
	for _, action in ipairs(outcome) do
		if action.kind == "send" then
			table.insert(stream, action.xml);
		elseif action.kind == "close" then
			stream.closed = action.condition;
		else
			table.insert(self.events, action.effect.." "..action.username);
			assert(self.engine:carried_out(action.id));
		end
	end
	stream.done = true;
end

-- Begin to handle a request on a stream, of which `facts` says who is there; stream.done is set when it is answered.
function host:receive(xml, facts, stream)
	local outcome = assert(self.accounts:handle(xml, facts));
	local operation = outcome.operation;
	if not operation then
		return self:perform(outcome, stream);
	end
	local function finish(result)
		if result.error == "spent" then -- somebody else's invitation by now: as if it had not been shown
			facts.foreign = nil;
			return self:receive(xml, facts, stream);
		end
		self:perform(result, stream);
	end
	if operation:kind() == "register" then
		local refusal = self.veto(operation:username(), operation:fields());
		outcome = refusal and operation:veto(refusal) or operation:look();
		if outcome then
			return finish(outcome);
		end
	end
	local final = operation:submit(finish);
	if final ~= true then
		finish(final);
	end
end

-- The same, and wait for the answer. Returns what was sent, as one string, and the condition of closing.
function host:ask(xml, facts)
	local stream = {};
	self:receive(xml, facts, stream);
	self:wait(function () return stream.done; end);
	return table.concat(stream), stream.closed;
end

-- Log in by PLAIN. Returns "success", or "failure" and a condition.
function host:log_in(username, password)
	local exchange = assert(self.accounts:login("PLAIN", {}));
	local status, condition = exchange:step("\0"..username.."\0"..password);
	if status ~= "work" then
		return status, condition;
	end
	local result;
	assert(exchange:submit(function (...) result = { ... }; end) == true);
	self:wait(function () return result; end);
	return table.unpack(result);
end

return host;
