-- mod_auth_table: accounts in a Lua table, neither hashed nor kept. What is left is the server's own cost.

local new_sasl = require "util.sasl".new;

local passwords = {};
local provider = {};

function provider.test_password(username, password)
	return passwords[username] ~= nil and passwords[username] == password;
end

function provider.user_exists(username)
	return passwords[username] ~= nil;
end

function provider.create_user(username, password)
	passwords[username] = password;
	return true;
end

function provider.set_password(username, password)
	passwords[username] = password;
	return true;
end

function provider.delete_user(username)
	passwords[username] = nil;
	return true;
end

function provider.users()
	return next, passwords;
end

function provider.get_sasl_handler()
	return new_sasl(module.host, {
		plain_test = function (_, username, password)
			return provider.test_password(username, password), true;
		end
	});
end

module:provides("auth", provider);
