-- The section "muster" of the admin console.
--
-- A command is an entry in the table that one of the files below returns:
--
--   commands.disable = {
--       args = { { name = "jid", type = "account" }, { name = "reason", type = "string", optional = true } };
--       desc = "Keep somebody from logging in";
--       handler = function (self, account, reason) ... end;
--   };
--
-- Its handler gets arguments that are checked (muster_shell_arguments has the types), prints with self.session.print,
-- may wait, and returns true and a text, or nil and why not, or a promise.

local arguments = module:require "muster_shell_arguments";

local files = {
	"muster_shell_accounts", "muster_shell_devices", "muster_shell_invites", "muster_shell_policy",
	"muster_shell_services", "muster_shell_store";
};
local description = "Accounts and registrations that Muster keeps";
local has_help = require "core.usermanager".set_user_role ~= nil; -- Prosody 13

local env = module:shared("/*/admin_shell/env");
local console_commands = module:shared("/*/admin_shell/commands");
local state = module:shared("/*/muster/state");

-- A console that is open holds on to the section that it found: it is the same over reloads.
state.shell_section = state.shell_section or {};
local section = state.shell_section;

local commands = {};
for _, file in ipairs(files) do
	for name, command in pairs(module:require(file)) do
		commands[name] = command;
	end
end

-- A command as the console calls it
local function guarded(name, command)
	local usage = arguments.usage(name, command.args);
	return function (self, ...)
		if type(self) ~= "table" or not self.session then
			return nil, "With a colon: "..usage;
		end
		local taken, why = arguments.take(name, command.args, ...);
		if not taken then
			return nil, why;
		end
		local results = table.pack(xpcall(command.handler, debug.traceback, self, table.unpack(taken, 1, taken.n)));
		if results[1] then
			return table.unpack(results, 2, results.n);
		end
		module:log("error", "Error in %s: %s", usage, results[2]);
		return nil, "That failed, the log says why: "..results[2]:match("^[^\n]*");
	end;
end

local function clear(message)
	for name in pairs(section) do
		section[name] = nil;
	end
	setmetatable(section, { __index = function ()
		return function () return nil, message; end;
	end });
end

-- Prosody 13 makes its help from the commands; 0.12 has a function for all sections.
local function print_help(print)
	local names = {};
	for name in pairs(commands) do
		table.insert(names, name);
	end
	table.sort(names);
	for _, name in ipairs(names) do
		print(("%s - %s"):format(arguments.usage(name, commands[name].args), commands[name].desc));
	end
end

local offered = false;
local stock_help, our_help;

local function offer_help()
	if has_help or not offered or not console_commands.help or console_commands.help == our_help then return; end
	stock_help = console_commands.help;
	function our_help(session, line)
		local topic = line:match("^help (%w+)");
		if offered and topic == "muster" then
			return print_help(session.print);
		end
		stock_help(session, line);
		if offered and not topic then
			session.print(("%-8s | %s"):format("muster", description));
		end
	end
	console_commands.help = our_help;
end

for _, event_name in ipairs({ "module-loaded", "module-reloaded" }) do
	module:hook(event_name, function (event)
		if event.module == "admin_shell" then
			offer_help();
		end
	end);
end

-- Prosody 13 takes commands one by one, and takes them back by itself when this module is unloaded.
local function offer()
	clear("There is no such command: help muster");
	env.muster = section;
	for name, command in pairs(commands) do
		local handler = guarded(name, command);
		section[name] = handler;
		module:add_item("shell-command", {
			section = "muster", section_desc = description;
			name = name, desc = command.desc, args = command.args, handler = handler;
		});
	end
	offered = true;
	offer_help();
end

local function withdraw()
	offered = false;
	clear("mod_muster is not loaded");
	if env.muster == section then
		env.muster = nil;
	end
	if our_help and console_commands.help == our_help then
		console_commands.help = stock_help;
	end
end

return { offer = offer, withdraw = withdraw };
