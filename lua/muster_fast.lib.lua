-- Tokens by which clients log in fast (XEP-0484) are kept by the host's mod_sasl2_fast, which lets them be used
-- whatever becomes of the account. They go with its password, and devices get none, by which they would come back when
-- their secrets are revoked.

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
module:hook("user-deregistered-pending", purge, 300); -- of which Prosody 0.12 hears nothing else

module:hook("sasl2/c2s/success", function (event)
	local session = event.session;
	if session.muster_device then
		session.fast_token_request = nil;
	elseif session.sasl_handler.fast then
		session.muster_device = false; -- by the password, as the token was
	end
end, 80); -- above mod_sasl2_fast, which makes tokens
