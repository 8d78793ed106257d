-- Addresses and networks, as console commands look for them.

local ip = require "util.ip";

local lib = {};

-- An address, or a network and how long its prefix is; nil for what is neither
local function parse(text)
	local slash = text:find("/", 1, true);
	local address, bits = ip.parse_cidr(text);
	if address and (not slash or bits) then
		return address, bits or 128;
	end
end

-- A function that tells whether an address, or the network that is kept of one, lies in a network or the network in it.
-- nil, and why, for what is no network.
function lib.within(text)
	local network, bits = parse(text);
	if not network then
		return nil, text.." is no address or network, such as 192.0.2.7 or 2001:db8::/32";
	end
	return function (address)
		local other, other_bits = parse(address or "");
		return other ~= nil and other.proto == network.proto and ip.match(other, network, math.min(bits, other_bits));
	end;
end

return lib;
