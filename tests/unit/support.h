/* support.h -- what the tests share: directories, stores, hosts, and requests carried through all their steps. */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "muster/engine.h"
#include "muster/login.h"
#include "muster/registration.h"

/* The string as text; NULL gives absent text. */
struct muster_text text(const char *string);

#define assert_text(found, wanted) assert_text_(found, wanted, __FILE__, __LINE__)
void assert_text_(struct muster_text found, const char *wanted, const char *file, int line);

/* Errors by name, so that a failure can be read. */
#define assert_error(found, wanted) assert_string_equal(muster_error_name(found), muster_error_name(wanted))

/* Fewer rounds where everything is slow, such as under valgrind. */
int rounds(int usual, int slow);

/* End a forked child; its parent sees exit status 0 if all was right. Another program takes its place, so that nobody
 * looks for what it has not freed: what the parent opened is not the child's to close. */
void leave_child(bool right);

/* --- directories --- */

/* A new directory; lives until remove_directory, which also frees the name. */
char *make_directory(void);
void remove_directory(char *path);

/* "directory/name" in a buffer that the next call overwrites. */
const char *path_in(const char *directory, const char *name);

/* --- a store and a host on it --- */

struct place {
	char *directory;
	struct muster_store *store;
	struct muster_host *host; /* "localhost", 4096 iterations, everything else at its default */
};

/* cmocka's setup and teardown: *state is a place. */
int open_place(void **state);
int close_place(void **state);

void reopen_store(struct place *place);

struct muster_value boolean(bool value);
struct muster_value number(double value);
struct muster_value string(const char *value);
struct muster_value table(const struct muster_item *items, size_t count);
#define ITEM(name, of)                                                                                                 \
	{                                                                                                              \
		.key = { name, sizeof(name) - 1 }, .value = of                                                         \
	}
#define ELEMENT(of)                                                                                                    \
	{                                                                                                              \
		.value = of                                                                                            \
	}
#define TABLE(...)                                                                                                     \
	table((const struct muster_item[]){ __VA_ARGS__ },                                                             \
	      sizeof((const struct muster_item[]){ __VA_ARGS__ }) / sizeof(struct muster_item))

/* Set an option, which must be accepted. */
void set_option(struct place *place, const char *option, struct muster_value value);

/* --- requests --- */

struct muster_facts stranger(void);            /* on an encrypted stream to localhost */
struct muster_facts account(const char *name); /* on an encrypted stream as name@localhost/globe */
struct muster_facts from(const char *address); /* a stranger with a remote address */

/* Carry a request through all its steps on this thread. What came of it, a line an action:
 *
 *   send <iq .../>
 *   close not-authorized
 *   effect deleted juliet reset
 *
 * The effect's last word is the condition with which streams are closed, or "-". The next call overwrites it. */
const char *request(struct place *place, struct muster_facts facts, const char *xml);

/* A set of iq:register with the id "1"; `inner` stands in the query. */
const char *set(struct place *place, struct muster_facts facts, const char *inner);

/* The condition, type and code of the error in what request() gave, as "conflict cancel 409"; "result" if it is one. */
const char *verdict(const char *outcome);

/* Do by name: the error, MUSTER_OK if it was done. `password` may be NULL. */
int order(struct place *place, enum muster_operation_kind kind, const char *name, const char *password);
/* The same, with the rules overridden. */
int order_anyway(struct place *place, enum muster_operation_kind kind, const char *name, const char *password);

/* The same with everything that a host does: look, run, finish, write what is noted of a refusal. What came of it:
 * "ok", "ok registered bill by in-band" with the effect, or the error's name. The next call overwrites it. */
const char *carry_out(struct place *place, struct muster_order order);

/* A host's audit, the youngest entry first, a line an entry:
 *
 *   register bill refused rule=throttle door=in-band address=192.0.2.7 actor= detail= overridden
 *
 * without what is absent. The next call overwrites it. */
const char *audit(struct place *place);

/* The state of an account, 0 if there is none. */
enum muster_account_state state_of(struct place *place, const char *name);

/* Carry an exchange on from a step: wait no time where it says to wait, do its work, write what is noted. */
void carry_on(struct place *place, struct muster_exchange *exchange, struct muster_step *step);

/* Log in by PLAIN: NULL, or the condition of the failure. */
const char *login(struct place *place, const char *name, const char *password);

#endif
