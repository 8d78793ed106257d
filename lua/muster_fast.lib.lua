-- Tokens by which clients log in fast (XEP-0484) are kept by the host's mod_sasl2_fast, which lets them be used
-- whatever becomes of the account. They go with its password, and with the secret of any of its devices.

local store = module:open_store("fast_tokens");

local function purge(event)
	if event.host ~= module.host then return; end
	local tokens, err = store:get(event.username);
	if tokens then
		err = select(2, store:set(event.username, nil));
	end
	if err then
		module:log("error", "Tokens of %s@%s cannot be removed, and still let somebody log in: %s", event.username,
			event.host, err);
	end
end

-- Before mod_c2s closes streams: who comes back at once comes back without one.
module:hook_global("user-password-changed", purge, 300);
module:hook_global("user-disabled", purge, 300);
module:hook_global("user-deleted", purge, 300);
module:hook("muster-device-revoked", purge, 300); -- whose they are they do not say: all go
module:hook("user-deregistered-pending", purge, 300); -- of which Prosody 0.12 hears nothing else
