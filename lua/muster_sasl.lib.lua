-- A SASL handler in the shape of util.sasl whose exchanges run in Muster. Mechanisms registered with util.sasl would
-- serve, and change, every host of the server; these serve this one only.

local ipairs, pairs, setmetatable = ipairs, pairs, setmetatable;

local accounts = module:require "muster_host";

-- Offered when login is out of order: a stream without mechanisms would just be closed.
local fallback = { "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN" };

local handler = {};
handler.__index = handler;

-- others: nil, or makes a handler of the host's own for mechanisms that need no password
local function new(realm, session, others)
	return setmetatable({ realm = realm, session = session or {}, profile = {}, make_others = others,
		others = others and others() }, handler);
end

function handler:clean_clone()
	local clone = new(self.realm, self.session, self.make_others);
	clone.profile, clone.userdata = self.profile, self.userdata;
	return clone;
end

function handler:add_cb_handler(name, get)
	self.profile.cb = self.profile.cb or {};
	self.profile.cb[name] = get;
	return self;
end

-- The channel bindings of the stream: nil, or their data by type
local function bindings(self)
	local found;
	for name, get in pairs(self.profile.cb or {}) do
		local data = get(self);
		if data then
			found = found or {};
			found[name] = data;
		end
	end
	return found;
end

function handler:mechanisms()
	local host = accounts.host();
	local names = {};
	for _, name in ipairs(host and host:mechanisms(bindings(self) ~= nil) or fallback) do
		names[name] = true;
	end
	for name in pairs(self.others and self.others:mechanisms() or {}) do
		names[name] = true;
	end
	return names;
end

function handler:select(mechanism)
	if self.selected or not self:mechanisms()[mechanism] then return; end
	self.selected = mechanism;
	if self.others and self.others:mechanisms()[mechanism] then
		self.delegate = self.others;
		return self.delegate:select(mechanism);
	end
	return true;
end

local function process_delegated(self, message)
	local status, data, text = self.delegate:process(message);
	self.username, self.resource = self.delegate.username, self.delegate.resource;
	self.role, self.token_info = self.delegate.role, self.delegate.token_info;
	return status, data, text;
end

local function unavailable(why)
	module:log("error", "A login is refused: %s", why);
	return "failure", "temporary-auth-failure", "Accounts are not available at the moment.";
end

local function begin(self)
	local host, text = accounts.host();
	if not host then
		return nil, text;
	end
	return host:login(self.selected, { binding = bindings(self), address = self.session.ip });
end

-- There were wrong proofs: this one is looked at in some seconds, if anybody still waits for the answer.
local function after(seconds, exchange, session)
	if accounts.sleep(seconds) and not session.destroyed then
		return exchange:resume();
	end
	return "failure", "temporary-auth-failure", "There were too many wrong tries. Try again later.";
end

function handler:process(message)
	if self.delegate then
		return process_delegated(self, message);
	end
	if not self.exchange then
		local exchange, why = begin(self);
		if not exchange then
			return unavailable(why);
		end
		self.exchange = exchange;
	end
	local exchange, session = self.exchange, self.session;
	local base_type = session.base_type;
	local status, data, text = exchange:step(message);
	if status == "wait" then
		status, data, text = after(data, exchange, session);
	end
	if status == "work" then
		status, data, text = accounts.finish(exchange);
	end
	if session.destroyed then
		session.base_type = base_type; -- Prosody 13 names an event by it, though the stream is gone
	end
	if not status then -- not an answer but an error of the store
		self.exchange = nil;
		return unavailable(data);
	end
	self.username = exchange:username();
	if status ~= "challenge" then
		self.exchange = nil;
	end
	self.proven = status == "success" and exchange or nil; -- to which keys may be brought
	if self.proven then
		session.muster_device = exchange:device() or false; -- false for the account's own password, nil if nobody knows
	end
	return status, data, text;
end

return { new = new };
