/* registration.h -- requests of jabber:iq:register in, answers and operations out; the same operations by name.
 *
 * A request is handled in steps, because other modules of a host may veto and may wait:
 *
 *   muster_request_begin      event loop: parse and check; an outcome, or an operation that goes on
 *   muster_operation_veto     event loop: the host refuses; an outcome
 *   muster_operation_look     event loop: what the rules refuse costs no hash; an outcome, or go on
 *   the engine, or muster_task_run with muster_operation_task: derive and commit
 *   muster_operation_finish   event loop: the outcome
 *
 * Nothing here waits or calls back. An operation belongs to one thread at a time. */
#ifndef MUSTER_REGISTRATION_H
#define MUSTER_REGISTRATION_H

#include "muster/account.h"
#include "muster/challenge.h"
#include "muster/effect.h"
#include "muster/host.h"
#include "muster/invitation.h"
#include "muster/task.h"

/* Who sent the stanza. */
enum muster_sender {
	MUSTER_SENDER_STREAM,    /* a client stream that has not logged in */
	MUSTER_SENDER_ACCOUNT,   /* an account of this host */
	MUSTER_SENDER_ANONYMOUS, /* a stream logged in by SASL ANONYMOUS */
	MUSTER_SENDER_OTHER,     /* anybody else, of another host or server */
};

/* What is remembered of a client's stream from one of its requests to the next: how often it failed, whether it has
 * registered, the key of XEP-0077, section 7, the challenge of XEP-0158. It belongs to the owner's thread. */
struct muster_stream;

int muster_stream_new(struct muster_stream **stream); /* MUSTER_OK or MUSTER_NO_MEMORY; the caller releases it */
void muster_stream_release(struct muster_stream *stream);
bool muster_stream_registered(const struct muster_stream *stream); /* an account was made on it */

/* Is this the picture of the challenge that it is asked (XEP-0231)? Others' are for other modules to answer. */
bool muster_stream_shows(const struct muster_stream *stream, struct muster_text cid);
/* An invitation of another module of the host, which has found it valid. Its token is remembered once it was used here,
 * so that it makes one account whatever becomes of it there. */
struct muster_foreign {
	struct muster_text token;   /* absent: there is none */
	struct muster_text name;    /* the only one to register with, or whose password; absent for any */
	struct muster_text inviter; /* a bare JID; may be absent */
	struct muster_text role;    /* as of struct muster_invitation */
	bool contact;               /* inviter and invited get into each other's rosters */
	bool resets;                /* another password for an account, and no other account */
	bool reusable;
	int64_t expires_s; /* Unix seconds; 0 if that is not known */
};

/* What the host knows of a request. All borrowed for the call. */
struct muster_facts {
	enum muster_sender sender;
	bool secure;                    /* the stream is encrypted */
	bool local;                     /* the sender's domain is a host of this server */
	bool invited;                   /* its sender is invited, by whatever the host goes by */
	bool last_admin;                /* nobody else administers this host */
	bool device;                    /* an account's stream that has logged in by the secret of a device */
	struct muster_text stream_host; /* the domain to which a client's stream was opened */
	struct muster_text username;    /* an account's prepared localpart */
	struct muster_text full_jid;    /* the sender's, where there is one: answers go there */
	struct muster_text language;    /* of the stream, for stanzas that name none; absent if unknown */
	struct muster_text address;     /* remote address as text; absent if unknown */
	struct muster_text id;          /* the stanza's id, for an answer to what cannot be read */
	struct muster_text door;        /* "in-band" if absent */
	struct muster_stream *stream;   /* a client's; NULL if nothing is remembered: then it is not limited, and cannot
	                                 * register where challenges are asked */
	struct muster_foreign foreign;  /* with <preauth/>, what its token is elsewhere; else one shown elsewhere */
	struct muster_text role;        /* of an account, where the host has roles; absent if not */
};

enum muster_action_kind {
	MUSTER_ACTION_SEND = 1,   /* send `xml` to the asker */
	MUSTER_ACTION_CLOSE = 2,  /* close the asker's stream with `condition` */
	MUSTER_ACTION_EFFECT = 3, /* carry out `effect`, then acknowledge its row */
};

struct muster_action {
	enum muster_action_kind kind;
	struct muster_text xml;
	struct muster_text condition, text; /* of a stream error; of streams that an effect closes */
	struct muster_effect effect;
};

enum { MUSTER_ACTIONS_MAX = 3 };

/* What is to be done, in order. Its texts live as long as it and its operation do. Clear it when done. */
struct muster_outcome {
	int error;                       /* MUSTER_OK if the request or operation succeeded */
	struct muster_text text;         /* on error: a sentence for the user, or absent */
	struct muster_text rule, detail; /* the rule that refused, and why, for operators; absent if none did */
	struct muster_text action;       /* what was tried, such as "register"; absent where it cannot be told */
	struct muster_action actions[MUSTER_ACTIONS_MAX];
	size_t action_count;
	struct muster_text token,
		invitation;              /* of MUSTER_INVITE: the token, to be handed out and nowhere kept; its id */
	int64_t expires_s;               /* and until when it is good */
	struct muster_text secret;       /* of MUSTER_MAKE_DEVICE: to be shown once, and nowhere kept */
	struct muster_buffer xml, owned; /* what the texts point into */
	struct muster_task *note;        /* a refusal, to be given to muster_engine_note; NULL if there is none */
	struct muster_tally tally;       /* what was asked, solved, failed */
};

void muster_outcome_clear(struct muster_outcome *outcome);

struct muster_operation;

/* Handle the bytes of an `<iq/>` with a payload of jabber:iq:register, with an invitation (`<preauth/>` of XEP-0445),
 * or a get of urn:xmpp:bob for the picture of a challenge.
 *
 * store  read for a registered account's own data
 *
 * On MUSTER_OK exactly one of them is set: `*operation`, which the caller goes on with and frees, or, with
 * `*operation` NULL, `outcome`, which may hold no action at all (a stray result). No protocol error makes this
 * fail: it returns MUSTER_OK, MUSTER_NO_MEMORY, or what muster_transaction_read returns. */
int muster_request_begin(struct muster_host *host, struct muster_store *store, const struct muster_facts *facts,
                         struct muster_text xml, struct muster_outcome *outcome, struct muster_operation **operation);

enum muster_operation_kind {
	MUSTER_REGISTER = 1,
	MUSTER_UNREGISTER,
	MUSTER_CHANGE_PASSWORD,
	MUSTER_CREATE, /* a name without a password, to be finished by a change and MUSTER_ENABLE */
	MUSTER_ENABLE,
	MUSTER_DISABLE,
	MUSTER_CHECK_PASSWORD, /* changes nothing: is this the password? */
	MUSTER_EDIT,           /* of the fields that stand in a request */
	MUSTER_FALL_DUE,       /* an account is purged, or its limits are lifted, when its time has come */
	MUSTER_CONFIRM,        /* whose a new account is has been seen: its limits are lifted before their time */
	MUSTER_APPROVE,        /* a pending account becomes one */
	MUSTER_REJECT,         /* a pending account goes */
	MUSTER_DIRECT,         /* an operator's directive is given, or replaced */
	MUSTER_RETRACT,        /* and taken back */
	MUSTER_RESET_THROTTLE, /* what was counted against a network is forgotten */
	MUSTER_RESET_GUESSES,  /* wrong proofs against an account, or from a network, are forgotten */
	MUSTER_RELEASE,        /* a name that is kept after a removed account: anybody may have it again */
	MUSTER_CHALLENGE,      /* a picture is drawn, for the form to register or another try; of nobody */
	MUSTER_INVITE,         /* an invitation is made */
	MUSTER_REVOKE,         /* and taken back; its id stands for the username */
	MUSTER_BEFRIEND,       /* somebody takes an account's invitation to become its contact (XEP-0379) */
	MUSTER_MAKE_DEVICE,    /* a device gets a secret of its own, beside the account's password */
	MUSTER_REVOKE_DEVICE,  /* and loses it */
};

/* An operation by name, for doors that have no stanza. All borrowed for the call. */
struct muster_order {
	enum muster_operation_kind kind;
	struct muster_text username;
	struct muster_text password; /* MUSTER_REGISTER, MUSTER_CHANGE_PASSWORD, MUSTER_CHECK_PASSWORD */
	struct muster_text reason;   /* MUSTER_DISABLE, MUSTER_REJECT, MUSTER_DIRECT */
	const struct muster_field *fields;
	size_t field_count;
	bool self_service; /* asked for by a user: all rules apply */
	bool invited;      /* who has a valid invitation */
	bool overrides;    /* an operator's order: rules that would refuse are passed over, and the audit says so */
	struct muster_text door;      /* how it came: "console", "prosodyctl", ... */
	struct muster_text address;   /* whose work it is, as text; absent if nobody else's */
	struct muster_text actor;     /* who orders it; absent for an account's owner */
	struct muster_text directive; /* MUSTER_DIRECT, MUSTER_RETRACT: "block", "allow", "mode" or "difficulty"; the
	                               * network stands for the username */
	struct muster_text value;     /* MUSTER_DIRECT: a mode's word, or a number of bits */
	int64_t until_s;              /* MUSTER_DIRECT: 0 for good */
	/* MUSTER_INVITE: kind, inviter, role, note, contact, expires_s (0: as the host's options have it), uses (0:
	 * one); the username is the name that it is for, empty for any. A contact needs an inviter of this host; what
	 * is for one name is for one use. */
	const struct muster_invitation *invitation;
	struct muster_text token;   /* MUSTER_REGISTER: an invitation, may be absent; MUSTER_BEFRIEND */
	struct muster_text contact; /* MUSTER_BEFRIEND: the JID that wants to be a contact */
	struct muster_text device;  /* MUSTER_MAKE_DEVICE, MUSTER_REVOKE_DEVICE: what the account's owner calls it */
};

/* Make an operation from an order. On MUSTER_OK the caller frees it.
 *
 * why  on MUSTER_BAD_NAME and MUSTER_BAD_PASSWORD a sentence for the user, a literal; may be NULL
 *
 * A password of nobody is checked like any other, against made-up keys, so that time does not tell who exists.
 * Returns MUSTER_OK, MUSTER_BAD_NAME, MUSTER_BAD_PASSWORD, MUSTER_MALFORMED (a directive or an invitation that makes no
 * sense, a service's device), MUSTER_SPENT (the token is worth nothing), MUSTER_NOT_FOUND (no account for another
 * device), MUSTER_NO_MEMORY, or what muster_transaction_read and muster_account_get return. */
int muster_order_begin(struct muster_host *host, struct muster_store *store, const struct muster_order *order,
                       const char **why, struct muster_operation **operation);

/* "register", "change-password", ... */
const char *muster_operation_kind_name(enum muster_operation_kind kind);

/* Something an operator has done, or was kept from, that no operation writes into the audit. All borrowed for the
 * call. */
struct muster_remark {
	struct muster_text action, username, outcome, rule, door, actor, detail; /* as of struct muster_entry */
};

/* The task that writes it, for muster_engine_note. Returns MUSTER_OK or MUSTER_NO_MEMORY. */
int muster_remark_new(struct muster_task **note, struct muster_host *host, const struct muster_remark *remark);

enum muster_operation_kind muster_operation_kind(const struct muster_operation *operation);

/* Does its task wait for a program? Then it belongs on MUSTER_LANE_ERRAND. */
bool muster_operation_waits(const struct muster_operation *operation);

struct muster_text muster_operation_username(const struct muster_operation *operation); /* prepared */
size_t muster_operation_field_count(const struct muster_operation *operation);
const struct muster_field *muster_operation_fields(const struct muster_operation *operation);

/* Refuse. Returns MUSTER_OK or MUSTER_NO_MEMORY. */
struct muster_veto {
	struct muster_text type, condition; /* of a stanza error; modify and not-acceptable if absent */
	struct muster_text text;            /* for who asks; may be absent */
	struct muster_text rule;            /* for the audit; "veto" if absent */
	int64_t wait_s;                     /* when to come back, for the type wait; 0 if that is not known */
};

int muster_operation_veto(struct muster_operation *operation, const struct muster_veto *veto,
                          struct muster_outcome *outcome);

/* Say what was found out since it began: a DNS list that has the address, the role that the account is to have unless
 * its invitation has one, an invitation (NULL for one that has no token). All are copied. Return MUSTER_OK or
 * MUSTER_NO_MEMORY; the last MUSTER_NOT_FOUND if the invitation is for something else. */
int muster_operation_list(struct muster_operation *operation, struct muster_text list);
int muster_operation_cast(struct muster_operation *operation, struct muster_text role);
int muster_operation_invite(struct muster_operation *operation, const struct muster_foreign *foreign);

/* The id of the invitation that it uses up, and whether that is another module's; absent if there is none. Lives as
 * long as the operation. */
struct muster_text muster_operation_invitation(const struct muster_operation *operation, bool *foreign);

/* Ask the host's rules. Returns MUSTER_OK to go on, MUSTER_EXISTS or MUSTER_REFUSED with the outcome, or another error:
 * finish with it.
 */
int muster_operation_look(struct muster_operation *operation, struct muster_store *store,
                          struct muster_outcome *outcome);

/* The task to run. It is the operation itself: freeing either frees both. */
struct muster_task *muster_operation_task(struct muster_operation *operation);
struct muster_operation *muster_operation_of(struct muster_task *task);

/* The outcome of task->error, whoever set it. MUSTER_SPENT is none yet, for a request: somebody else has used the
 * invitation meanwhile, the stream has forgotten it, and the request is to be begun again, without `foreign` if that
 * was it. Returns MUSTER_OK or MUSTER_NO_MEMORY: then an answer is missing from the outcome, but no effect. */
int muster_operation_finish(struct muster_operation *operation, struct muster_outcome *outcome);

void muster_operation_free(struct muster_operation *operation); /* NULL is fine */

#endif
