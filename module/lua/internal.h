/* internal.h -- the binding's userdata, and what its files share. */
#ifndef MUSTER_LUA_INTERNAL_H
#define MUSTER_LUA_INTERNAL_H

#include <lauxlib.h>
#include <lua.h>

#include "base/arena.h"
#include "muster/engine.h"
#include "muster/login.h"
#include "muster/registration.h"
#include "xml/document.h"

#define MUSTER_LUA_ENGINE "muster.engine"
#define MUSTER_LUA_HOST "muster.host"
#define MUSTER_LUA_OPERATION "muster.operation"
#define MUSTER_LUA_EXCHANGE "muster.exchange"
#define MUSTER_LUA_STREAM "muster.stream"

/* User value 1: a table from a job's number to { callback, userdata }. */
struct muster_lua_engine {
	struct muster_engine *engine; /* NULL when closed */
	uint64_t last_job, last_effect;
};

/* User value 1: the engine's userdata, also of operations and exchanges. */
struct muster_lua_host {
	struct muster_host *host;
};
enum { MUSTER_LUA_HOST_VALUES = 2 }; /* user values: the engine, the thread in which patterns are matched */

struct muster_lua_operation {
	struct muster_operation *operation; /* NULL when used up */
	struct muster_lua_engine *engine;   /* user value 1 */
};

struct muster_lua_stream {
	struct muster_stream *stream;
};

struct muster_lua_exchange {
	struct muster_exchange *exchange; /* NULL while the engine has it, and when closed */
	bool due;                         /* work is to be done */
};

/* --- errors --- */

/* Push nil, a text and a code; returns 3. */
int muster_lua_fail(lua_State *L, int error, const char *text);

/* --- engine.c --- */

/* The engine of the userdata at `index`, which has it as user value 1; pushes the engine's userdata. NULL when closed.
 */
struct muster_lua_engine *muster_lua_engine_of(lua_State *L, int index);
int muster_lua_closed(lua_State *L); /* nil, text, "closed" */

/* Submit with the callback at `callback`; `object` is the index of the userdata that the task returns to. The engine's
 * userdata is on top of the stack. Returns what muster_engine_submit returns. */
int muster_lua_submit(lua_State *L, struct muster_lua_engine *engine, struct muster_task *task, enum muster_lane lane,
                      int callback, int object);

/* --- backup.c --- */

int muster_lua_backup(lua_State *L, struct muster_lua_engine *engine); /* engine:backup */
bool muster_lua_is_backup(lua_State *L, int index);
/* Take back the task of the backup at `index`, and push its result; returns how many. */
int muster_lua_finish_backup(lua_State *L, int index, struct muster_task *task);

/* --- reseal.c: the same for engine:reseal --- */

int muster_lua_reseal(lua_State *L, struct muster_lua_engine *engine);
bool muster_lua_is_resealing(lua_State *L, int index);
int muster_lua_finish_resealing(lua_State *L, int index, struct muster_task *task);

/* --- outcome.c --- */

/* An outcome that the collector clears, should an error be thrown before it is done with; pushed. */
struct muster_outcome *muster_lua_new_outcome(lua_State *L);
void muster_lua_push_outcome(lua_State *L, const struct muster_outcome *outcome);
/* A list of the kinds of challenges in a set. */
void muster_lua_push_kinds(lua_State *L, unsigned kinds);
/* Give its note, if it has one, to the engine; NULL while that is closed, then it is lost with the outcome. */
void muster_lua_take_note(struct muster_lua_engine *engine, struct muster_outcome *outcome);
void muster_lua_push_effect(lua_State *L, const struct muster_effect *effect);

/* --- operation.c, login.c: also called when a task has come back --- */

struct muster_lua_operation *muster_lua_new_operation(lua_State *L, int engine);
/* Push the outcome of an operation whose task has run, and free the operation. */
void muster_lua_finish_operation(lua_State *L, struct muster_lua_operation *operation);
/* Push status, …; returns how many. */
int muster_lua_finish_exchange(lua_State *L, struct muster_lua_engine *engine, struct muster_lua_exchange *exchange);

int muster_lua_new_host(lua_State *L);    /* engine:host */
int muster_lua_new_service(lua_State *L); /* engine:service */
int muster_lua_check_host(lua_State *L);  /* muster.check */
int muster_lua_login(lua_State *L);       /* host:login */

/* --- policy.c --- */

/* Have walks in the transaction append tables of `key`, `text`, `code` to the table at `index`, one for each row that
 * they pass over. `unread` lives as long as the transaction; false if it failed for want of memory. */
struct muster_lua_unread {
	lua_State *L;
	int index;
	bool failed;
};
void muster_lua_tell_unread(struct muster_lua_unread *unread, struct muster_transaction *transaction);

/* Have the host on top of the stack match patterns by string.find, in a thread that becomes its user value 2. */
void muster_lua_set_matcher(lua_State *L, struct muster_host *host);

/* Methods of hosts, by their names. */
int muster_lua_mode(lua_State *L);
int muster_lua_announces(lua_State *L);
int muster_lua_serves(lua_State *L);
int muster_lua_explain(lua_State *L);
int muster_lua_challenges(lua_State *L);
int muster_lua_lookups(lua_State *L);
int muster_lua_audit(lua_State *L);
int muster_lua_throttle(lua_State *L);
int muster_lua_guesses(lua_State *L);
int muster_lua_directives(lua_State *L);
int muster_lua_tombstones(lua_State *L);
int muster_lua_invitations(lua_State *L);
int muster_lua_invitees(lua_State *L);
int muster_lua_counts(lua_State *L);
int muster_lua_note(lua_State *L);

/* --- host.c --- */

/* The table at `index` as an invitation of another module's; it borrows what the table keeps. */
void muster_lua_foreign(lua_State *L, int index, struct muster_foreign *foreign);

/* --- stanza.c --- */

int muster_lua_stanza(lua_State *L); /* muster.stanza */
/* A stanza at `index`, a table, as a document, or why it is none; pushes the userdata that owns it. */
struct muster_document *muster_lua_document(lua_State *L, int index);

/* --- stream.c --- */

int muster_lua_new_stream(lua_State *L); /* muster.stream */
/* The stream in a field of the table at `index`; NULL for nil. It lives as long as the table keeps it. */
struct muster_stream *muster_lua_stream_field(lua_State *L, int index, const char *name);

/* --- value.c --- */

struct muster_text muster_lua_text(lua_State *L, int index);          /* a string argument, or a thrown error */
struct muster_text muster_lua_optional_text(lua_State *L, int index); /* absent for nil */
void muster_lua_push_text(lua_State *L, struct muster_text text);     /* nil for absent text */
bool muster_lua_flag(lua_State *L, int index, const char *name);      /* a field of the table at `index` */
/* A string field of the table at `index`; what it borrows lives as long as the table keeps it. */
struct muster_text muster_lua_field(lua_State *L, int index, const char *name);
int64_t muster_lua_time_field(lua_State *L, int index, const char *name);          /* Unix seconds; 0 for nil */
void muster_lua_set_text(lua_State *L, const char *name, struct muster_text text); /* in the table on top */

/* A table of fields: a string for each name, a list of strings where a name comes several times. */
void muster_lua_push_fields(lua_State *L, const struct muster_field *fields, size_t count);

/* The value at `index` as an option's value; tables in it are kept by a userdata left on the stack. False if it holds
 * what no option can be, such as a function. */
bool muster_lua_value(lua_State *L, int index, struct muster_value *value);

/* --- opening --- */

void muster_lua_register(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta);
void muster_lua_open_engine(lua_State *L);
void muster_lua_open_backup(lua_State *L);
void muster_lua_open_resealing(lua_State *L);
void muster_lua_open_host(lua_State *L);
void muster_lua_open_orders(lua_State *L); /* behind muster_lua_open_host */
void muster_lua_open_operation(lua_State *L);
void muster_lua_open_exchange(lua_State *L);
void muster_lua_open_outcome(lua_State *L);
void muster_lua_open_stanza(lua_State *L);
void muster_lua_open_stream(lua_State *L);
int muster_lua_open(lua_State *L); /* muster.open */

#endif
