-- prosodyctl mod_muster check: the account store, by looks alone unless opening it changes nothing.

local lfs = require "lfs";
local pposix = require "util.pposix";

local muster = require "muster";
local read_options = module:require "muster_options".of_store;

local no_such_file, denied = 2, 13; -- ENOENT, EACCES
local files = { "data.mdb", "lock.mdb", "server.lock" };

-- Where locks or shared maps, of which LMDB needs both, do not do as on a disk
local remote = { ["9p"] = true, afs = true, ceph = true, cifs = true, nfs = true, nfs4 = true, smb3 = true };

-- The type of the file system with a device's number, or nil if nothing is mounted from just that device
local function file_system(device)
	local mounts = io.open("/proc/self/mountinfo");
	if not mounts then return; end
	local major = (device >> 8 & 0xfff) | (device >> 32 & ~0xfff);
	local minor = (device & 0xff) | (device >> 12 & ~0xff);
	local found;
	for line in mounts:lines() do
		local one, other, kind = line:match("^%d+ %d+ (%d+):(%d+) .* %- (%S+) ");
		if one and math.tointeger(one) == major and math.tointeger(other) == minor then
			found = kind;
		end
	end
	mounts:close();
	return found;
end

local function check_file_system(report, path, device)
	local kind = file_system(device);
	if kind and (remote[kind] or kind:find("^fuse")) then
		report("error", ("%s is on a file system of type %s, where the store can be damaged;"
			.." set muster_path to a directory on a local disk"):format(path, kind));
	end
end

-- The user that the server runs as. As root on behalf of another user, prosodyctl cannot know but from what is there.
local function server_user()
	local user = pposix.getuid();
	return user ~= 0 and user or lfs.attributes(prosody.paths.data, "uid");
end

-- Is it as Muster makes it? Otherwise opening it would make it so.
local function check_rights(report, path, mode)
	local found = lfs.attributes(path);
	if not found then
		return false; -- in a directory that is not ours, about which this was said
	end
	local tidy = true;
	if found.permissions:sub(4) ~= "------" then
		tidy = report("warning", ("%s is open to others than its owner (%s); chmod %s it")
			:format(path, found.permissions, mode));
	end
	if found.uid ~= server_user() then
		tidy = report("error", ("%s belongs to user %d, and the server runs as user %d; chown it")
			:format(path, found.uid, server_user()));
	end
	return tidy;
end

local function open(report, path, options)
	local engine, text = muster.open(path, options);
	if not engine then
		report("error", text.."; see docs/operating.md, what the log says");
	elseif text then
		report("warning", text.."; raise the limit on address space (ulimit -v)");
	end
	return engine;
end

local function check_directory(report, path, options)
	local tidy = check_rights(report, path, "0700");
	for _, name in ipairs(files) do
		local _, _, code = lfs.attributes(path.."/"..name);
		if code == no_such_file then
			report("note", ("%s/%s is not there; the server makes it when it starts"):format(path, name));
			return;
		end
		tidy = check_rights(report, path.."/"..name, "0600") and tidy;
	end
	return tidy and open(report, path, options) or nil;
end

local lib = {};

-- The store's engine, or nil if it cannot be opened or is better left alone.
function lib.check(report)
	local path, options = read_options(module:context("*"));
	if not path then
		report("error", options);
		return;
	end
	local found, why, code = lfs.attributes(path);
	local place = found or lfs.attributes(path:match("^(.*)/[^/]*$"));
	if place then
		check_file_system(report, path, place.dev);
	end
	if found and found.mode == "directory" then
		return check_directory(report, path, options);
	elseif found then
		report("error", ("%s is not a directory; set muster_path to another place"):format(path));
	elseif code == denied then
		report("error", ("%s cannot be looked at: %s; run this as root"):format(path, why));
	elseif code == no_such_file and place then
		report("note", ("%s is not there; the server makes it when it starts"):format(path));
	else
		report("error", ("%s cannot be made: %s; make the directory around it, or set muster_path to another place")
			:format(path, why));
	end
end

return lib;
