/* account.c -- names, passwords, and the PLAIN message made of them. */
#include "account.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void name_password(struct account *account)
{
	snprintf(account->password, sizeof(account->password), "Tr4wler/%.40s", account->name);
}

void account_name(struct account *account, const char *prefix, uint64_t number)
{
	snprintf(account->name, sizeof(account->name), "%.24s%" PRIu64, prefix, number);
	name_password(account);
}

void account_name_bystander(struct account *account, const char *prefix)
{
	snprintf(account->name, sizeof(account->name), "%.24s-bystander", prefix);
	name_password(account);
}

static void base64(const unsigned char *bytes, size_t size, char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t length = 0;

	for (size_t i = 0; i < size; i += 3) {
		size_t rest = size - i;
		unsigned group = (unsigned)bytes[i] << 16;

		if (rest > 1)
			group |= (unsigned)bytes[i + 1] << 8;
		if (rest > 2)
			group |= bytes[i + 2];
		text[length++] = digits[group >> 18];
		text[length++] = digits[group >> 12 & 63];
		text[length++] = rest > 1 ? digits[group >> 6 & 63] : '=';
		text[length++] = rest > 2 ? digits[group & 63] : '=';
	}
	text[length] = '\0';
}

void account_plain(const struct account *account, char plain[ACCOUNT_PLAIN])
{
	unsigned char message[2 * ACCOUNT_TEXT + 2];
	size_t name = strlen(account->name), password = strlen(account->password);

	message[0] = '\0';
	memcpy(message + 1, account->name, name);
	message[1 + name] = '\0';
	memcpy(message + 2 + name, account->password, password);
	base64(message, 2 + name + password, plain);
}
