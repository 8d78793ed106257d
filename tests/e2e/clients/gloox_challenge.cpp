// gloox_challenge.cpp -- an ordinary client on gloox that is asked a challenge: fetches the form to register, finds the
// proof of work that it asks (XEP-0158, section 6.2), hands it in, and logs in.
//
//   gloox_challenge PORT USERNAME PASSWORD
//
// Prints a line a step; exits with 0 if every step went as it should.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <gloox/client.h>
#include <gloox/connectionlistener.h>
#include <gloox/dataform.h>
#include <gloox/registration.h>
#include <gloox/registrationhandler.h>
#include <openssl/evp.h>

using namespace gloox;

namespace
{
const char host[] = "localhost";

void step(const char *what, bool right)
{
	std::printf("%-40s %s\n", what, right ? "ok" : "WRONG");
	std::fflush(stdout);
	if (!right)
		std::exit(EXIT_FAILURE);
}

std::uint32_t last_of_digest(const std::string &text)
{
	unsigned char digest[32];

	EVP_Digest(text.data(), text.size(), digest, nullptr, EVP_sha256(), nullptr);
	return std::uint32_t(digest[28]) << 24 | std::uint32_t(digest[29]) << 16 | std::uint32_t(digest[30]) << 8 |
	       digest[31];
}

// What begins with the server's JID, and whose digest ends in the bits of the label.
std::string work(const std::string &label)
{
	const auto wanted = std::uint32_t(std::stoul(label, nullptr, 16));
	std::uint64_t mask = 1;

	while (mask <= wanted)
		mask <<= 1;
	for (std::uint64_t number = 0;; number++) {
		const std::string answer = host + std::to_string(number);

		if ((last_of_digest(answer) & (mask - 1)) == wanted)
			return answer;
	}
}

class Applicant : public ConnectionListener, public RegistrationHandler
{
      public:
	Applicant(int port, std::string name, std::string secret)
	    : username(std::move(name)), password(std::move(secret)), client(host), registration(&client)
	{
		client.setServer("127.0.0.1");
		client.setPort(port);
		client.disableRoster();
		client.registerConnectionListener(this);
		registration.registerRegistrationHandler(this);
	}

	~Applicant() override
	{
		registration.removeRegistrationHandler();
	}

	void run()
	{
		client.connect(true);
	}

	bool registered = false;

      private:
	void onConnect() override
	{
		registration.fetchRegistrationFields();
	}

	void onDisconnect(ConnectionError) override
	{
	}

	bool onTLSConnect(const CertInfo &) override
	{
		return true; // the server's certificate is its own
	}

	void handleRegistrationFields(const JID &, int, std::string) override
	{
	}

	void handleAlreadyRegistered(const JID &) override
	{
	}

	void handleDataForm(const JID &, const DataForm &form) override
	{
		const DataFormField *asked = form.field("SHA-256"), *challenge = form.field("challenge");
		auto *filled = new DataForm(TypeSubmit);

		step("the server asks for proof of work", asked && challenge && challenge->value().size() == 40);
		for (const DataFormField *each : form.fields())
			if (each->type() == DataFormField::TypeHidden)
				filled->addField(DataFormField::TypeHidden, each->name(), each->value());
		filled->addField(DataFormField::TypeTextSingle, "username", username);
		filled->addField(DataFormField::TypeTextPrivate, "password", password);
		filled->addField(DataFormField::TypeTextSingle, "SHA-256", work(asked->label()));
		registration.createAccount(filled);
	}

	void handleRegistrationResult(const JID &, RegistrationResult result) override
	{
		registered = result == RegistrationSuccess;
		client.disconnect();
	}

	void handleOOB(const JID &, const OOB &) override
	{
	}

	const std::string username, password;
	Client client;
	Registration registration;
};

class Owner : public ConnectionListener
{
      public:
	Owner(int port, const std::string &username, const std::string &password)
	    : client(JID(username + "@" + host + "/gloox"), password, port)
	{
		client.setServer("127.0.0.1");
		client.disableRoster();
		client.registerConnectionListener(this);
		client.connect(true);
	}

	bool logged_in = false;

      private:
	void onConnect() override
	{
		logged_in = true;
		client.disconnect();
	}

	void onDisconnect(ConnectionError) override
	{
	}

	bool onTLSConnect(const CertInfo &) override
	{
		return true;
	}

	Client client;
};
} // namespace

int main(int count, char **arguments)
{
	if (count != 4) {
		std::fprintf(stderr, "usage: gloox_challenge PORT USERNAME PASSWORD\n");
		return EXIT_FAILURE;
	}
	const int port = std::atoi(arguments[1]);
	Applicant applicant(port, arguments[2], arguments[3]);

	applicant.run();
	step("what it has worked for makes an account", applicant.registered);
	step("it can log in", Owner(port, arguments[2], arguments[3]).logged_in);
	return EXIT_SUCCESS;
}
