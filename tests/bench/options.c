/* options.c -- reading the command line. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "usage: muster-load register|login|ask --port PORT --host HOST --prefix PREFIX --count N\n"
			    "                   [--connections N] [--rate ARRIVALS_PER_SECOND] [--bystander]\n";

static const struct option known[] = {
	{ "port", required_argument, NULL, 'p' },   { "host", required_argument, NULL, 'h' },
	{ "prefix", required_argument, NULL, 'x' }, { "connections", required_argument, NULL, 'c' },
	{ "count", required_argument, NULL, 'n' },  { "rate", required_argument, NULL, 'r' },
	{ "bystander", no_argument, NULL, 'b' },    { NULL, 0, NULL, 0 },
};

/* A whole number from 1 to `most`; 0 for anything else. */
static uint64_t number(const char *text, uint64_t most)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	return *end == '\0' && value <= most ? value : 0;
}

static void read_one(struct options *options, int option)
{
	switch (option) {
	case 'p':
		options->port = (uint16_t)number(optarg, UINT16_MAX);
		break;
	case 'h':
		options->host = optarg;
		break;
	case 'x':
		options->prefix = optarg;
		break;
	case 'c':
		options->connections = number(optarg, OPTIONS_MAX_CONNECTIONS);
		break;
	case 'n':
		options->count = number(optarg, UINT64_MAX);
		break;
	case 'r':
		options->rate = strtod(optarg, NULL);
		break;
	default:
		options->bystander = true;
		break;
	}
}

static bool complete(const struct options *options)
{
	return options->port && options->host && options->prefix && options->connections && options->count &&
	       options->rate >= 0;
}

bool options_read(struct options *options, int count, char **arguments)
{
	const char *command = count > 1 ? arguments[1] : "";
	int option;

	*options = (struct options){ .connections = 50,
		                     .login = strcmp(command, "login") == 0,
		                     .ask = strcmp(command, "ask") == 0 };
	if (!options->login && !options->ask && strcmp(command, "register") != 0) {
		fputs(usage, stderr);
		return false;
	}
	optind = 2;
	while ((option = getopt_long(count, arguments, "", known, NULL)) != -1) {
		if (option == '?')
			return false;
		read_one(options, option);
	}
	if (optind != count || !complete(options)) {
		fputs(usage, stderr);
		return false;
	}
	return true;
}
