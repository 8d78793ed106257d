/* host.h -- a host whose accounts, or a service whose registrations are kept, with its settings.
 *
 * A host is made, set option by option, and then only read: a changed configuration makes a new one, while operations
 * in flight keep the old one alive. Counting references is thread-safe; setting is not. */
#ifndef MUSTER_HOST_H
#define MUSTER_HOST_H

#include <stdint.h>

#include "muster/error.h"
#include "muster/value.h"

struct muster_host;

enum muster_host_kind {
	MUSTER_HOST_ACCOUNTS, /* people get accounts of this host and log in */
	MUSTER_HOST_SERVICE,  /* people with accounts anywhere register with their bare JIDs (XEP-0077, section 3.1) */
};

/* Make a host with every option at its default. `name` is its domain. The caller releases it.
 * Returns MUSTER_OK, MUSTER_BAD_NAME, MUSTER_NO_MEMORY. */
int muster_host_new(struct muster_host **host, enum muster_host_kind kind, struct muster_text name,
                    struct muster_failure *failure);

/* How patterns in options are matched, which are those of the language the configuration is written in.
 * match  more than 0 if the text matches, 0 if not, less than 0 if the pattern is broken; called on the thread that
 *        makes, begins and looks at operations */
struct muster_matcher {
	int (*match)(void *context, struct muster_text pattern, struct muster_text text);
	void *context;
};

/* To be set before options; without it options that hold patterns are refused. Copied; the context is borrowed. */
void muster_host_set_matcher(struct muster_host *host, const struct muster_matcher *matcher);

/* Set an option; docs/options.md lists them. An option that is not ours is refused, so that a typing error shows.
 *
 * failure  on error names the option, its value and what is allowed
 *
 * Returns MUSTER_OK, MUSTER_BAD_OPTION, MUSTER_NO_MEMORY. After an error the host is not to be used. */
int muster_host_set(struct muster_host *host, const char *option, const struct muster_value *value,
                    struct muster_failure *failure);

/* Check what options have to do with each other, when all are set, and get ready what they ask for; once.
 * Returns MUSTER_OK, MUSTER_BAD_OPTION, MUSTER_NO_MEMORY. */
int muster_host_check(struct muster_host *host, struct muster_failure *failure);

/* The name of an option by its number from 0, NULL behind the last: a caller asks its configuration for each. */
const char *muster_host_option(size_t index);

/* The prepared domain. Lives as long as the host. */
struct muster_text muster_host_name(const struct muster_host *host);
enum muster_host_kind muster_host_kind(const struct muster_host *host);

bool muster_host_requires_tls(const struct muster_host *host);

/* For how long a removed account's name is kept from others: seconds, 0 for not at all, negative for good. */
int64_t muster_host_keeps_names_s(const struct muster_host *host);

struct muster_host *muster_host_retain(struct muster_host *host);
void muster_host_release(struct muster_host *host); /* NULL is fine */

#endif
