-- Console commands for devices that log in with secrets of their own, beside an account's password.

local datetime = require "util.datetime".datetime;

local tables = module:require "muster_table";
local tools = module:require "muster_shell_tools";

local commands = {};

commands.devices = {
	args = { { name = "jid", type = "account" } };
	desc = "List the devices of an account that have secrets of their own, and when they last logged in";
	handler = function (self, account)
		local info, text, code = account.host:info(account.username);
		if not info then return nil, tools.sentence(code, text); end
		local printed = tables.new(self.session.print, "Device", "Made", "Last login");
		for _, device in ipairs(info.devices) do
			printed:add(device.name, datetime(device.created), device.used and datetime(device.used) or "never");
		end
		printed:flush();
		return true, tools.counted(#info.devices, "device");
	end;
};

commands.make_device = {
	args = { { name = "jid", type = "account" }, { name = "device", type = "string" } };
	desc = "Make a secret by which a device or program can log in to an account, beside the password";
	handler = function (self, account, device)
		local ok, err, _, outcome = tools.run(account, "make_device", { device = device });
		if not ok then return nil, err; end
		self.session.print(outcome.secret);
		return true, ("The secret of a device of %s; it is shown this once"):format(account.jid);
	end;
};

commands.revoke_device = {
	args = { { name = "jid", type = "account" }, { name = "device", type = "string" } };
	desc = "Take the secret of a device back, and close the streams that logged in by it";
	handler = function (_, account, device)
		local ok, err = tools.run(account, "revoke_device", { device = device });
		return ok, ok and ("Revoked %s of %s"):format(tables.clean(device), account.jid) or err;
	end;
};

return commands;
