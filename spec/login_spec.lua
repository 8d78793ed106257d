-- Login exchanges as docs/lua-api.md has them.

package.path = "spec/support/?.lua;"..package.path;
local muster = require "muster";
local place = require "place";

describe("a login exchange", function ()
	local path, engine, host;

	before_each(function ()
		path = place.new();
		engine = assert(muster.open(path.."/store", { hash_threads = 1 }));
		host = assert(engine:host("example.org"));
		assert(host:register({ username = "juliet", password = "secret" }):run().ok);
	end);
	after_each(function ()
		engine:close();
		engine, host = nil, nil;
		collectgarbage();
		place.remove(path);
	end);

	local function finish(exchange)
		local results;
		assert.is_true(exchange:submit(function (...) results = table.pack(...); end));
		while not results do
			assert(engine:drain());
		end
		return table.unpack(results, 1, results.n);
	end

	it("is offered by mechanisms, the best first", function ()
		assert.same({ "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN" }, host:mechanisms());
		assert.same({ "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN" },
			host:mechanisms(true));
		for _, name in ipairs(host:mechanisms(true)) do
			assert(host:login(name, { binding = { ["tls-exporter"] = "bytes" } }));
		end
		assert.has_error(function () host:login("DIGEST-MD5"); end);
		assert.has_error(function () host:login(); end);
		assert.has_error(function () host:login("PLAIN", { binding = { 5 } }); end);
	end);

	it("succeeds by PLAIN, on a worker and here", function ()
		for _, complete in ipairs({ finish, function (exchange) return exchange:run(); end }) do
			local exchange = host:login("PLAIN", { address = "192.0.2.1" });
			assert.is_nil(exchange:username());
			assert.equal("work", exchange:step("\0Juliet\0secret"));
			assert.same({ "success" }, { complete(exchange) });
			assert.equal("juliet", exchange:username());
		end
	end);

	it("fails alike for a wrong password and a wrong name", function ()
		local failures = {};
		for _, message in ipairs({ "\0juliet\0wrong", "\0romeo\0secret" }) do
			local exchange = host:login("PLAIN");
			assert.equal("work", exchange:step(message));
			table.insert(failures, { finish(exchange) });
		end
		assert.equal("not-authorized", failures[1][2]);
		assert.same(failures[1], failures[2]);
	end);

	it("succeeds at once by a device's secret, and says whose it was", function ()
		local secret = assert(host:make_device({ username = "juliet", device = "Phone" }):run()).secret;
		local exchange = host:login("PLAIN");
		assert.same({ "success" }, { exchange:step("\0juliet\0"..secret) });
		assert.equal("Phone", exchange:device());
		exchange = host:login("PLAIN");
		assert.equal("work", exchange:step("\0juliet\0secret"));
		assert.equal("success", (finish(exchange)));
		assert.is_nil(exchange:device());
		local deadline = os.time() + 60;
		local used;
		repeat -- it is written a little later
			used = host:info("juliet").devices[1].used;
		until used or os.time() > deadline;
		assert.is_true(used > 0);
	end);

	it("waits after wrong passwords, and is told to the operator", function ()
		local exchange;
		for wrong = 0, 1 do
			exchange = host:login("PLAIN", { address = "192.0.2.1" });
			local status, seconds = exchange:step("\0juliet\0wrong");
			if wrong == 1 then
				assert.equal("wait", status);
				assert.is_true(seconds > 0.5 and seconds <= 1);
				assert.has_error(function () exchange:submit(print); end);
				status = exchange:resume();
			end
			assert.equal("work", status);
			assert.equal("failure", (finish(exchange)));
		end
		assert.equal("failure", (exchange:resume()));
		local rows;
		repeat -- it is written a little later
			rows = host:guesses();
		until rows[1] and rows[1].level > 1.5;
		assert.equal("account", rows[1].kind);
		assert.equal("juliet", rows[1].subject);
		assert.equal("network", rows[2].kind);
		assert.equal("192.0.2.1", rows[2].subject);
		assert.is_true(rows[1].wait > 0 and rows[1].at > 0);
		assert.is_true(host:reset_guesses({ username = "juliet" }):run().ok);
		assert.equal(1, #host:guesses());
	end);

	it("takes keys that a client brings", function ()
		local more = assert(engine:host("example.org", {
			muster_scram = { "SHA-1", "SHA-512" }, muster_guesses = false;
		}));
		assert.same({ "SHA-1", "SHA-512" }, more:hashes());
		local function logged_in()
			local exchange = more:login("PLAIN");
			assert.equal("work", exchange:step("\0juliet\0secret"));
			return exchange;
		end
		local other, exchange = logged_in(), logged_in();
		assert.same({ nil, "no such account", "not-found" }, { exchange:ask_keys("SHA-512") });
		assert.equal("success", (finish(exchange)));
		assert.is_true(exchange:lacks("SHA-512"));
		assert.is_false(exchange:lacks("SHA-256"));
		assert.has_error(function () exchange:lacks("MD5"); end);
		local salt, iterations = exchange:ask_keys("SHA-512");
		assert.matches("^[%w+/]+=*$", salt);
		assert.equal(10000, iterations);
		assert.equal("malformed", select(3, exchange:bring_keys("secret")));
		assert.is_true(exchange:bring_keys(("A"):rep(86).."=="));
		assert.equal("success", (finish(exchange)));
		assert.is_false(exchange:lacks("SHA-512"));
		assert.equal(10000, host:info("juliet").iterations["SHA-512"]);
		assert.equal("success", (finish(other)));
	end);

	it("fails at messages that are none", function ()
		for _, message in ipairs({ "", "juliet", "\0juliet", "\0\0\0\0", "\0juliet\0" }) do
			local exchange = host:login("PLAIN");
			local status = exchange:step(message);
			if status == "work" then
				status = exchange:run();
			end
			assert.equal("failure", status);
		end
		assert.has_error(function () host:login("PLAIN"):step({}); end);
	end);

	it("begins SCRAM alike for whoever is named", function ()
		for _, name in ipairs({ "juliet", "romeo" }) do
			local status, challenge = host:login("SCRAM-SHA-256"):step("n,,n="..name..",r=nonce");
			assert.equal("challenge", status);
			assert.matches("^r=nonce[^,]+,s=[%w+/=]+,i=%d+$", challenge);
		end
	end);

	it("wants its work done, once", function ()
		local exchange = host:login("PLAIN");
		assert.has_error(function () exchange:run(); end);
		assert.has_error(function () exchange:submit(print); end);
		exchange:step("\0juliet\0secret");
		assert.has_error(function () exchange:step("\0juliet\0secret"); end);
		assert.has_error(function () exchange:submit(); end);
		assert.is_true(exchange:submit(function () end));
		assert.has_error(function () exchange:step("again"); end);
		assert.has_error(function () exchange:run(); end);
		assert.has_error(function () exchange:username(); end);
	end);

	it("says that an account is disabled only to who knows its password", function ()
		assert(host:disable({ username = "juliet" }):run().ok);
		local conditions = {};
		for _, password in ipairs({ "secret", "wrong" }) do
			local exchange = host:login("PLAIN");
			exchange:step("\0juliet\0"..password);
			table.insert(conditions, (select(2, finish(exchange))));
		end
		assert.same({ "account-disabled", "not-authorized" }, conditions);
	end);
end);
