/* judgement.c -- rules asked, and what came of it written down. */
#include "registration/judgement.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "muster/audit.h"
#include "registration/inviting.h"

static const struct muster_level registration = { MUSTER_BUCKET_ONE, 0 };
static const struct muster_level failed_try = { MUSTER_BUCKET_FAILURE, MUSTER_BUCKET_FAILURE };

/* --- asking --- */

static bool makes_account(const struct muster_operation *operation)
{
	return operation->host->kind == MUSTER_HOST_ACCOUNTS &&
	       (operation->kind == MUSTER_REGISTER || operation->kind == MUSTER_CREATE);
}

int muster_operation_judge(struct muster_operation *operation, struct muster_transaction *transaction,
                           enum muster_stage stage)
{
	struct muster_verdict overridden = operation->ruling;
	const struct muster_applicant applicant = {
		.username = operation->username,
		.address = operation->has_network ? &operation->network : NULL,
		.listed = operation->listed,
		.self_service = operation->self_service && makes_account(operation),
		.invited = operation->invited,
		.invitation = operation->pass.kind != 0 ? operation->pass.hash : NULL,
		.overrides = operation->overrides,
		.now_s = muster_wall_clock_s(),
	};
	int error;

	if (!makes_account(operation) && !muster_inviting_names(operation))
		return MUSTER_OK;
	error = muster_rules_judge(operation->host, transaction, stage, &applicant, &operation->ruling);
	/* What an earlier stage has passed over still stands. */
	if (error == MUSTER_OK && !operation->ruling.rule)
		operation->ruling = overridden;
	return error;
}

int muster_ruling_error(const struct muster_verdict *verdict)
{
	return verdict->ground == MUSTER_GROUND_TAKEN ? MUSTER_EXISTS : MUSTER_REFUSED;
}

struct muster_refusal muster_refusal_of(const struct muster_verdict *verdict)
{
	struct muster_refusal refusal = { .condition = MUSTER_CONDITION_NOT_ACCEPTABLE,
		                          .phrase = verdict->phrase,
		                          .wait_s = verdict->wait_s };

	switch (verdict->ground) {
	case MUSTER_GROUND_MODE:
		refusal.condition = verdict->phrase == MUSTER_PHRASE_ELSEWHERE ? MUSTER_CONDITION_NOT_ALLOWED
		                                                               : MUSTER_CONDITION_SERVICE_UNAVAILABLE;
		break;
	case MUSTER_GROUND_UNWANTED:
		refusal.condition = MUSTER_CONDITION_FORBIDDEN;
		break;
	case MUSTER_GROUND_OFTEN:
		refusal.type = "wait";
		break;
	case MUSTER_GROUND_WRONG:
		refusal.type = "cancel"; /* XEP-0158, section 3.1.4 */
		break;
	case MUSTER_GROUND_TAKEN:
		refusal.condition = MUSTER_CONDITION_CONFLICT;
		break;
	default:
		break;
	}
	return refusal;
}

/* --- writing down --- */

/* A directive is an action of its own: a network that is blocked is not one that is let in. */
struct muster_text muster_operation_action(const struct muster_operation *operation)
{
	static const char *const retracted[] = { "retract-block", "retract-allow", "retract-mode",
		                                 "retract-difficulty" };

	if (operation->kind == MUSTER_CHALLENGE) /* for somebody who has failed to register, or who only asks */
		return operation->ruling.rule ? MUSTER_TEXT("register") : MUSTER_NO_TEXT;
	if (operation->kind == MUSTER_DIRECT)
		return operation->directive;
	for (size_t i = 0; operation->kind == MUSTER_RETRACT && i < sizeof(retracted) / sizeof(retracted[0]); i++)
		if (muster_text_is_c(operation->directive, retracted[i] + strlen("retract-")))
			return muster_text_of(retracted[i]);
	return operation->kind == MUSTER_CREATE ? MUSTER_TEXT("register")
	                                        : muster_text_of(muster_operation_kind_name(operation->kind));
}

static struct muster_text subject_of(const struct muster_operation *operation)
{
	return operation->username.size == 0 && operation->kind == MUSTER_DIRECT ? operation->value
	                                                                         : operation->username;
}

static struct muster_entry entry_of(const struct muster_host *host, const struct muster_source *source,
                                    const struct muster_network *network, char address[MUSTER_NETWORK_TEXT])
{
	return (struct muster_entry){
		.host = host->name,
		.door = source->door,
		.actor = source->actor,
		.address = muster_host_kept_address(host, network, address),
	};
}

static int charge(const struct muster_operation *operation, struct muster_transaction *transaction)
{
	const struct muster_applicant applicant = { .address = operation->has_network ? &operation->network : NULL,
		                                    .now_s = muster_wall_clock_s() };
	bool exempt = true;
	int error;

	if (!makes_account(operation) || !operation->self_service || operation->invited)
		return MUSTER_OK;
	error = muster_rules_exempt(operation->host, transaction, &applicant, &exempt);
	if (error != MUSTER_OK || exempt)
		return error;
	return muster_throttle_charge(operation->host, transaction, applicant.address, applicant.now_s, registration);
}

int muster_operation_record(struct muster_operation *operation, struct muster_transaction *transaction)
{
	char address[MUSTER_NETWORK_TEXT];
	struct muster_entry entry = entry_of(operation->host, &operation->source,
	                                     operation->has_network ? &operation->network : NULL, address);
	int error = charge(operation, transaction);

	if (error != MUSTER_OK)
		return error;
	entry.action = muster_operation_action(operation);
	entry.username = subject_of(operation);
	entry.outcome = MUSTER_TEXT("ok");
	entry.detail = operation->reason;
	entry.overridden = operation->overrides && operation->ruling.rule;
	entry.rule = muster_text_of(operation->ruling.rule);
	return muster_audit_add(transaction, &entry, operation->host->trail.kept_s);
}

/* --- notes: a refusal, written by itself --- */

struct note {
	struct muster_task task; /* first */
	struct muster_host *host;
	struct muster_arena arena;
	struct muster_entry entry;
	struct muster_network network;
	bool has_network, costs;
};

static int pay(const struct note *note, struct muster_transaction *transaction)
{
	const struct muster_applicant applicant = { .address = note->has_network ? &note->network : NULL,
		                                    .now_s = muster_wall_clock_s() };
	bool exempt = true;
	int error = muster_rules_exempt(note->host, transaction, &applicant, &exempt);

	if (error != MUSTER_OK || exempt)
		return error;
	return muster_throttle_charge(note->host, transaction, applicant.address, applicant.now_s, failed_try);
}

static int commit_note(struct muster_task *task, struct muster_transaction *transaction)
{
	struct note *note = (struct note *)task;
	int error = note->costs ? pay(note, transaction) : MUSTER_OK;

	return error == MUSTER_OK ? muster_audit_add(transaction, &note->entry, note->host->trail.kept_s) : error;
}

static void free_note(struct muster_task *task)
{
	struct note *note = (struct note *)task;

	muster_arena_clear(&note->arena);
	muster_host_release(note->host);
	muster_free(note);
}

static const struct muster_task_kind note_task = { NULL, NULL, commit_note, free_note };

static int own(struct note *note, const struct muster_incident *incident, struct muster_text address)
{
	struct muster_entry *entry = &note->entry;
	const struct muster_verdict *verdict = incident->verdict;
	const struct {
		struct muster_text *to, from;
	} texts[] = {
		{ &entry->action, incident->action },
		{ &entry->username, incident->username },
		{ &entry->outcome, incident->outcome },
		{ &entry->rule, verdict ? muster_text_of(verdict->rule) : incident->rule },
		{ &entry->door, incident->source.door },
		{ &entry->actor, incident->source.actor },
		{ &entry->address, address },
		{ &entry->detail, verdict && verdict->detail[0] ? muster_text_of(verdict->detail) : incident->detail },
	};
	int error = MUSTER_OK;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && error == MUSTER_OK; i++)
		error = muster_arena_copy(&note->arena, texts[i].from, texts[i].to);
	return error;
}

int muster_note_new(struct muster_task **note, const struct muster_incident *incident)
{
	struct note *made = muster_allocate_zeroed(1, sizeof(*made));
	char address[MUSTER_NETWORK_TEXT];

	*note = NULL;
	if (!made)
		return MUSTER_NO_MEMORY;
	made->task.kind = &note_task;
	made->host = muster_host_retain(incident->host);
	made->entry.host = made->host->name;
	made->costs = incident->costs;
	made->has_network = incident->network != NULL;
	if (incident->network)
		made->network = *incident->network;
	if (own(made, incident, muster_host_kept_address(made->host, incident->network, address)) != MUSTER_OK) {
		free_note(&made->task);
		return MUSTER_NO_MEMORY;
	}
	*note = &made->task;
	return MUSTER_OK;
}

/* A try that was refused, unless it was not looked at; what has failed here is not the user's fault. */
static bool costs(const struct muster_operation *operation, int error)
{
	return (makes_account(operation) || operation->kind == MUSTER_CHALLENGE) && operation->self_service &&
	       (error == MUSTER_EXISTS || error == MUSTER_REFUSED) && operation->ruling.ground != MUSTER_GROUND_OFTEN;
}

int muster_operation_note(const struct muster_operation *operation, int error, struct muster_task **note)
{
	const struct muster_incident incident = {
		.host = operation->host,
		.source = operation->source,
		.network = operation->has_network ? &operation->network : NULL,
		.action = muster_operation_action(operation),
		.username = subject_of(operation),
		.outcome = muster_text_of(muster_error_name(error)),
		.verdict = operation->ruling.rule ? &operation->ruling : NULL,
		.costs = costs(operation, error),
	};

	*note = NULL;
	return operation->kind == MUSTER_CHECK_PASSWORD || !incident.action.data ? MUSTER_OK
	                                                                         : muster_note_new(note, &incident);
}

int muster_remark_new(struct muster_task **note, struct muster_host *host, const struct muster_remark *remark)
{
	const struct muster_incident incident = {
		.host = host,
		.source = { .door = remark->door, .actor = remark->actor },
		.action = remark->action,
		.username = remark->username,
		.outcome = remark->outcome,
		.rule = remark->rule,
		.detail = remark->detail,
	};

	return muster_note_new(note, &incident);
}
