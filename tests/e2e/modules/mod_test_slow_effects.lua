-- Die, as by kill -9, when an account's removal is about to be carried out.

module:hook_global("user-deleted", function ()
	module:log("info", "killed before the removal is carried out");
	os.execute("kill -9 "..require "util.pposix".getpid());
end, 2000);
