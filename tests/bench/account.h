/* account.h -- the accounts a run uses: names and passwords follow from a prefix and a number. */
#ifndef BENCH_ACCOUNT_H
#define BENCH_ACCOUNT_H

#include <stdint.h>

enum { ACCOUNT_TEXT = 64, ACCOUNT_PLAIN = 192 };

struct account {
	char name[ACCOUNT_TEXT];
	char password[ACCOUNT_TEXT];
};

/* Account `number` of `prefix` (at most 24 bytes of letters, digits and '-'). */
void account_name(struct account *account, const char *prefix, uint64_t number);
void account_name_bystander(struct account *account, const char *prefix);

/* The SASL PLAIN message in base64, for <auth/>. */
void account_plain(const struct account *account, char plain[ACCOUNT_PLAIN]);

#endif
