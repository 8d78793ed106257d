-- Console commands for invitations: made, listed and taken back, and who was invited by whom.

local datetime = require "util.datetime".datetime;

local arguments = module:require "muster_shell_arguments";
local invitation = module:require "muster_invitation";
local tables = module:require "muster_table";
local tools = module:require "muster_shell_tools";

local commands = {};

local function date(at)
	return at and datetime(at) or "";
end

-- --- making ---

local known = {
	reset = "boolean", contact = "boolean", roster = "boolean", override = "boolean", inviter = "string";
	role = "string", note = "string", uses = "uses", expires = "period";
};
local options_are = "The options are reset, contact, roster, override = true, inviter, role, note = \"…\","
	.." uses = 5 or \"any\", expires = \"2 days\"";

-- The order that options make, or nil and what is wrong with them
local function order_of(at, options)
	local order = { username = at.username, kind = "register" };
	for name, value in pairs(options or {}) do
		local kind = known[name];
		if kind == "period" then
			local seconds, why = arguments.seconds(value);
			if not seconds then return nil, why; end
			order["until"] = os.time() + seconds;
		elseif kind == "uses" and (value == "any" or math.type(value) == "integer" and value >= 1) then
			order.uses = value == "any" and math.huge or value;
		elseif type(value) ~= kind then
			return nil, options_are;
		else
			order[name] = value;
		end
	end
	order.kind = order.reset and "reset" or order.contact and "contact" or "register";
	if order.contact then
		order.link = "roster";
	end
	order.contact, order.reset = nil, nil;
	return order;
end

local senseless = "Such an invitation makes no sense: contacts need an inviter of this host, another password an"
	.." account, and what is for one name is for one use";

commands.invite = {
	args = { { name = "host or jid", type = "place" }, { name = "options", type = "options", optional = true } };
	desc = "Make an invitation to register, with that name if it is a JID; { reset = true } to choose another password";
	handler = function (self, at, options)
		local order, why = order_of(at, options);
		if not order then return nil, why; end
		local ok, err, code, outcome = tools.run(at, "invite", order);
		if not ok then
			return nil, code == "malformed" and senseless or err;
		end
		local uri = invitation.uri(at.name, order, outcome);
		local page = invitation.page(module:context(at.name), order, outcome, uri);
		self.session.print(uri);
		if page then
			self.session.print(page);
		end
		return true, ("Invitation %s, good until %s; it is shown this once"):format(outcome.invitation,
			datetime(outcome["until"]));
	end;
};

-- --- those that there are ---

local function uses_of(row)
	return row.uses == math.huge and "any" or tostring(math.tointeger(row.uses) or row.uses);
end

local function purpose_of(row)
	local purpose = row.kind..(row.username and " "..row.username or "");
	return purpose..(row.role and " as "..row.role or "")..(row.roster and row.kind == "register" and ", contacts" or "");
end

commands.invites = {
	args = { { name = "host", type = "host" } };
	desc = "List invitations: open ones, and those that were used or have expired lately";
	handler = function (self, at)
		local printed = tables.new(self.session.print, "Id", "State", "For", "Uses", "Inviter", "Expires", "Used by",
			"Note");
		local open = 0;
		local complete = tools.each(self, function (row)
			open = open + (row.state == "open" and 1 or 0);
			printed:add(row.id, row.state, purpose_of(row), uses_of(row), row.inviter, date(row["until"]), row.taker,
				row.note);
		end, tools.rows(self, function (position) return at.host:invitations(position); end));
		printed:flush();
		if not complete then
			return nil, "Nobody reads the list any more";
		end
		return true, ("%d open of %s"):format(open, tools.counted(printed.count, "invitation"));
	end;
};

commands.revoke = {
	args = { { name = "host", type = "host" }, { name = "id", type = "string" } };
	desc = "Take an invitation back, by the id that muster:invites(host) shows";
	handler = function (_, at, id)
		local ok, err, code = tools.run(at, "revoke", { username = id:lower() });
		if code == "not-found" then
			err = "There is no such invitation (any more)";
		end
		return ok, ok and "Revoked the invitation "..id or err;
	end;
};

-- --- who has invited whom ---

-- Call visit with the name and the depth of each account that an account has invited, and that those have. An account
-- is seen once, though its inviter may be gone, and the inviter's name another's since.
local function each_invited(self, account, visit)
	local breathe = tools.patience(self);
	local seen, waiting = { [account.username] = true }, { { account.username, 0 } };
	while #waiting > 0 do
		local name, depth = table.unpack(table.remove(waiting));
		if depth > 0 then
			visit(name, depth);
		end
		local jid = name.."@"..account.name;
		for invited in tools.rows(self, function (position) return account.host:invitees(jid, position); end) do
			if not seen[invited] then
				seen[invited] = true;
				table.insert(waiting, { invited, depth + 1 });
			end
		end
		if not breathe() then
			return false;
		end
	end
	return true;
end

commands.invited = {
	args = { { name = "jid", type = "account" } };
	desc = "Show whom somebody has invited, and whom those have, as a tree";
	handler = function (self, account)
		local count = 0;
		local complete = each_invited(self, account, function (name, depth)
			local info = account.host:info(name);
			if info then
				count = count + 1;
				self.session.print(("%s%s@%s (%s, %s)"):format(("  "):rep(depth - 1), tables.clean(name), account.name,
					info.state, date(info.created)));
			end
		end);
		if not complete then
			return nil, "Nobody reads the list any more";
		end
		return true, tools.counted(count, "account");
	end;
};

commands.disable_branch = {
	args = { { name = "jid", type = "account" }, { name = "reason", type = "string", optional = true } };
	desc = "Keep somebody from logging in, and all whom they and those have invited; nobody can use what they invited by";
	handler = function (self, account, reason)
		local names, disabled, failed = { account.username }, 0, 0;
		if not account.host:info(account.username) then
			return nil, tools.sentence("not-found");
		end
		each_invited(self, account, function (name) table.insert(names, name); end);
		for _, name in ipairs(names) do
			local info = account.host:info(name);
			if info and info.state == "enabled" then
				local ok, err = tools.run(account, "disable", { username = name, reason = reason });
				disabled, failed = disabled + (ok and 1 or 0), failed + (ok and 0 or 1);
				self.session.print(("%s@%s: %s"):format(tables.clean(name), account.name, ok and "disabled" or err));
			end
		end
		local summary = ("Disabled %d of %s"):format(disabled, tools.counted(#names, "account"));
		return failed == 0 or nil, summary;
	end;
};

return commands;
