// gloox_flow.cpp -- an ordinary client on gloox: asks what a registration needs, registers, tries the same name again,
// logs in, changes the password, logs in with it, removes the account, and cannot log in any more.
//
//   gloox_flow PORT USERNAME PASSWORD NEW_PASSWORD
//
// Prints a line a step; exits with 0 if every step went as it should.

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include <gloox/client.h>
#include <gloox/connectionlistener.h>
#include <gloox/registration.h>
#include <gloox/registrationhandler.h>

using namespace gloox;

namespace
{
const char host[] = "localhost";
int port;

// number: what was found, as gloox has it
void step(const char *what, bool right, int number = 0)
{
	if (right)
		std::printf("%-40s ok\n", what);
	else
		std::printf("%-40s WRONG %d\n", what, number);
	std::fflush(stdout);
	if (!right)
		std::exit(EXIT_FAILURE);
}

// One stream. What it is for stands in the functions.
class Stream : public ConnectionListener, public RegistrationHandler
{
      public:
	explicit Stream(const JID &jid, const std::string &password)
	    : client(jid, password, port), registration(&client)
	{
		prepare();
	}

	explicit Stream() : client(host), registration(&client)
	{
		prepare();
	}

	~Stream() override
	{
		registration.removeRegistrationHandler();
	}

	// Until the stream ends; returns why it did.
	ConnectionError run()
	{
		client.connect(true);
		return error;
	}

	void leave()
	{
		client.disconnect();
	}

	std::function<void()> connected;
	std::function<void(int fields)> fields;
	std::function<void(RegistrationResult result)> result;
	Client client;
	Registration registration;

      private:
	void prepare()
	{
		client.setServer("127.0.0.1");
		client.setPort(port);
		client.disableRoster();
		client.registerConnectionListener(this);
		registration.registerRegistrationHandler(this);
	}

	void onConnect() override
	{
		if (connected)
			connected();
	}

	void onDisconnect(ConnectionError why) override
	{
		error = why;
	}

	bool onTLSConnect(const CertInfo &) override
	{
		return true; // the server's certificate is its own
	}

	void handleRegistrationFields(const JID &, int asked, std::string) override
	{
		if (fields)
			fields(asked);
	}

	void handleAlreadyRegistered(const JID &) override
	{
	}

	void handleRegistrationResult(const JID &, RegistrationResult found) override
	{
		if (result)
			result(found);
	}

	void handleDataForm(const JID &, const DataForm &) override
	{
	}

	void handleOOB(const JID &, const OOB &) override
	{
	}

	ConnectionError error = ConnNoError;
};

const int asked = Registration::FieldUsername | Registration::FieldPassword;

RegistrationResult register_account(const std::string &username, const std::string &password)
{
	Stream stream;
	RegistrationResult found = RegistrationUnknownError;

	stream.connected = [&] { stream.registration.fetchRegistrationFields(); };
	stream.fields = [&](int fields) {
		RegistrationFields values;

		step("the server asks for name and password", fields == asked);
		values.username = username;
		values.password = password;
		stream.registration.createAccount(asked, values);
	};
	stream.result = [&](RegistrationResult result) {
		found = result;
		stream.leave();
	};
	stream.run();
	return found;
}

JID jid_of(const std::string &username)
{
	return JID(username + "@" + host + "/gloox");
}

bool logs_in(const std::string &username, const std::string &password)
{
	Stream stream(jid_of(username), password);
	bool in = false;

	stream.connected = [&] {
		in = true;
		stream.leave();
	};
	stream.run();
	return in;
}

bool is_refused(const std::string &username, const std::string &password)
{
	Stream stream(jid_of(username), password);

	return stream.run() == ConnAuthenticationFailed && stream.client.authError() == SaslNotAuthorized;
}

RegistrationResult change_password(const std::string &username, const std::string &from, const std::string &to)
{
	Stream stream(jid_of(username), from);
	RegistrationResult found = RegistrationUnknownError;

	stream.connected = [&] { stream.registration.changePassword(username, to); };
	stream.result = [&](RegistrationResult result) {
		found = result;
		stream.leave();
	};
	stream.run();
	return found;
}

// The server ends the stream of an account that is gone.
void remove_account(const std::string &username, const std::string &password)
{
	Stream stream(jid_of(username), password);
	RegistrationResult found = RegistrationUnknownError;
	ConnectionError ended;

	stream.connected = [&] { stream.registration.removeAccount(); };
	stream.result = [&](RegistrationResult result) { found = result; };
	ended = stream.run();
	step("the removal is answered", found == RegistrationSuccess, found);
	step("the server ends the stream", ended == ConnStreamError, ended);
}
} // namespace

int main(int count, char **arguments)
{
	if (count != 5) {
		std::fprintf(stderr, "usage: %s PORT USERNAME PASSWORD NEW_PASSWORD\n", arguments[0]);
		return 2;
	}
	port = std::atoi(arguments[1]);

	const std::string username = arguments[2], password = arguments[3], other = arguments[4];

	step("registers", register_account(username, password) == RegistrationSuccess);
	step("the name is taken", register_account(username, other) == RegistrationConflict);
	step("logs in", logs_in(username, password));
	step("a wrong password is refused", is_refused(username, other));
	step("changes the password", change_password(username, password, other) == RegistrationSuccess);
	step("logs in with the new password", logs_in(username, other));
	step("the old password is refused", is_refused(username, password));
	remove_account(username, other);
	step("the account is gone", is_refused(username, other));
	return EXIT_SUCCESS;
}
