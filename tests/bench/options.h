/* options.h -- what the command line asks for. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum { OPTIONS_MAX_CONNECTIONS = 4096 };

struct options {
	bool login; /* log in to accounts made before, instead of registering them */
	bool ask;   /* ask for the form only; the bystander's account was made before, too */
	bool bystander;
	uint16_t port;
	const char *host;
	const char *prefix;
	uint64_t connections;
	uint64_t count;
	double rate; /* arrivals a second; 0: each connection starts again as soon as it is done */
};

/* False when the command line makes no sense; the reason is on stderr. */
bool options_read(struct options *options, int count, char **arguments);

#endif
