-- How the users of a host give their devices and programs secrets of their own (app passwords), and take them back, by
-- ad-hoc commands from a client that has logged in with the account's password.

local datetime = require "util.datetime".datetime;
local jid = require "util.jid";
local st = require "util.stanza";

local accounts = module:require "muster_host";
local adhoc = module:require "muster_adhoc";

local xmlns_devices = "urn:muster:devices:0";

-- Who has got hold of a device must not come by other secrets through it: so only the password itself will do.
local function may(event)
	local username, host = jid.split(event.stanza.attr.from);
	return username ~= nil and host == module.host and event.origin.muster_device == false;
end

local denied = "This is for users of this host who have logged in with their own passwords.";

local conditions = {
	["bad-name"] = "not-acceptable", ["exists"] = "conflict", ["refused"] = "not-allowed";
	["not-found"] = "item-not-found", ["busy"] = "resource-constraint", ["full"] = "resource-constraint";
	["no-memory"] = "resource-constraint";
};

local function refuse(code, text)
	if not conditions[code] then
		module:log("error", "A command about devices failed: %s", text or code);
	end
	return nil, adhoc.refusal(conditions[code] or "internal-server-error", conditions[code] and text
		or "That did not work.");
end

local function run(kind, request, device)
	local username = jid.split(request.actor);
	local outcome, code, text = accounts.run(kind, {
		username = username, device = device or "", door = "ad-hoc", address = request.session.ip;
	});
	request.noted = true;
	if outcome then
		for _, action in ipairs(outcome) do
			accounts.carry_out(action);
		end
		return outcome;
	elseif code == "bad-name" then -- which no operation has written down
		adhoc.note(request, code, { username = username, detail = text });
	end
	return refuse(code, text);
end

local function field(name, kind, value, label)
	return st.stanza("field", { var = name, type = kind, label = label }):text_tag("value", value);
end

local function result(...)
	local form = st.stanza("x", { xmlns = "jabber:x:data", type = "result" });
	form:add_direct_child(field("FORM_TYPE", "hidden", xmlns_devices));
	for _, element in ipairs({ ... }) do
		form:add_direct_child(element);
	end
	return form;
end

local function layout_of(title, instructions)
	return {
		title = title, instructions = instructions;
		{ name = "device", type = "text-single", required = true, label = "Name of the device" };
	};
end

adhoc.offer(xmlns_devices.."#make", {
	name = "Make a password for a device", action = "make-device", may = may, denied = denied;
	layout = layout_of("Make a password for a device", "The device logs in with it in place of your own password."
		.." It is shown once. When you change your password, it is revoked.");
	run = function (request, fields)
		local outcome, refusal = run("make_device", request, fields.device);
		if not outcome then return nil, refusal; end
		return { result(field("secret", "text-single", outcome.secret, "Password of the device")) };
	end;
});

adhoc.offer(xmlns_devices.."#revoke", {
	name = "Revoke the password of a device", action = "revoke-device", may = may, denied = denied;
	layout = layout_of("Revoke the password of a device", "Streams that logged in with it are closed.");
	run = function (request, fields)
		local outcome, refusal = run("revoke_device", request, fields.device);
		return outcome and { result() }, refusal;
	end;
});

local function item(device)
	local element = st.stanza("item");
	element:add_direct_child(st.stanza("field", { var = "device" }):text_tag("value", device.name));
	element:add_direct_child(st.stanza("field", { var = "made" }):text_tag("value", datetime(device.created)));
	if device.used then
		element:add_direct_child(st.stanza("field", { var = "used" }):text_tag("value", datetime(device.used)));
	end
	return element;
end

adhoc.offer(xmlns_devices.."#list", {
	name = "List devices with passwords of their own", action = "list-devices", may = may, denied = denied;
	run = function (request)
		local host, why = accounts.host();
		local username = jid.split(request.actor);
		local info, text, code = nil, why, "closed";
		request.noted = true; -- it only asks
		if host then
			info, text, code = host:info(username);
		end
		if not info then
			return refuse(code, text);
		end
		local reported = st.stanza("reported")
			:tag("field", { var = "device", type = "text-single", label = "Device" }):up()
			:tag("field", { var = "made", type = "text-single", label = "Made" }):up()
			:tag("field", { var = "used", type = "text-single", label = "Last login" }):up();
		local items = {};
		for i, device in ipairs(info.devices) do
			items[i] = item(device);
		end
		return { result(reported, table.unpack(items)) };
	end;
});
