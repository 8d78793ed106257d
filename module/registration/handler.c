/* handler.c -- a request of jabber:iq:register handed to who judges it, and what the judges share. */
#include <stdio.h>

#include "base/clock.h"
#include "muster/preparation.h"
#include "policy/password.h"
#include "registration/handling.h"

/* --- answers --- */

/* What is refused before it becomes an operation. Requests that cannot be told for what they are leave no trace. */
static const char *action_of(const struct muster_handling *handling)
{
	switch (handling->submission.purpose) {
	case MUSTER_PURPOSE_REGISTER:
		return handling->facts->sender == MUSTER_SENDER_ACCOUNT && handling->host->kind == MUSTER_HOST_ACCOUNTS
		               ? "change-password"
		               : "register";
	case MUSTER_PURPOSE_REMOVE:
	case MUSTER_PURPOSE_CANCEL_FORM:
		return "unregister";
	case MUSTER_PURPOSE_CHANGE_FORM:
		return "change-password";
	default:
		return NULL;
	}
}

int muster_handling_subject(const struct muster_handling *handling, struct muster_buffer *prepared,
                            struct muster_text *subject)
{
	int error = MUSTER_BAD_NAME;

	*subject = handling->facts->sender == MUSTER_SENDER_ACCOUNT ? handling->facts->username : MUSTER_NO_TEXT;
	if (!subject->data && handling->host->kind == MUSTER_HOST_ACCOUNTS)
		error = muster_name_prepare(handling->submission.username.value, prepared);
	if (error == MUSTER_OK)
		*subject = muster_buffer_text(prepared);
	return error == MUSTER_BAD_NAME ? MUSTER_OK : error;
}

/* A failed try of a stranger counts against their address, unless it was not looked at. */
static int note(struct muster_handling *handling)
{
	const struct muster_facts *facts = handling->facts;
	const bool stranger = facts->sender == MUSTER_SENDER_STREAM && handling->host->kind == MUSTER_HOST_ACCOUNTS;
	struct muster_buffer prepared = { 0 };
	struct muster_network network;
	struct muster_incident incident = {
		.host = handling->host,
		.source = { facts->door.data ? facts->door : MUSTER_TEXT("in-band"), facts->address, MUSTER_NO_TEXT },
		.action = muster_text_of(action_of(handling)),
		.outcome = muster_text_of(muster_error_name(MUSTER_REFUSED)),
		.verdict = handling->ruling.rule ? &handling->ruling : NULL,
		.costs = stranger && handling->ruling.ground != MUSTER_GROUND_OFTEN,
	};
	int error;

	if (handling->request.type != MUSTER_REQUEST_SET || !incident.action.data || handling->outcome->note)
		return MUSTER_OK;
	if (muster_network_read(facts->address, &network) == MUSTER_OK)
		incident.network = &network;
	error = muster_handling_subject(handling, &prepared, &incident.username);
	if (error == MUSTER_OK)
		error = muster_note_new(&handling->outcome->note, &incident);
	muster_buffer_clear(&prepared);
	return error;
}

static void tell_action(struct muster_handling *handling)
{
	if (handling->request.type == MUSTER_REQUEST_SET)
		handling->outcome->action = muster_text_of(action_of(handling));
}

/* The mode is looked at before the other rules are asked. */
static void tell_rule(struct muster_handling *handling, enum muster_phrase phrase)
{
	handling->outcome->rule = muster_text_of(handling->ruling.rule);
	if (!handling->ruling.rule && (phrase == MUSTER_PHRASE_CLOSED || phrase == MUSTER_PHRASE_ELSEWHERE))
		handling->outcome->rule = MUSTER_TEXT("mode");
}

/* One refused set too many closes a stream that has not logged in. */
int muster_handling_refuse(struct muster_handling *handling, struct muster_refusal refusal)
{
	bool counted = handling->facts->sender == MUSTER_SENDER_STREAM && handling->request.type == MUSTER_REQUEST_SET;
	bool over = counted && muster_stream_fail(handling->facts->stream, handling->host, &refusal);
	int error;

	handling->outcome->error = MUSTER_REFUSED;
	tell_action(handling);
	tell_rule(handling, refusal.phrase);
	error = note(handling);
	if (error != MUSTER_OK)
		return error;
	error = muster_reply_error(handling->outcome, &handling->address, handling->host, &refusal);
	if (error == MUSTER_OK && over)
		muster_outcome_close(handling->outcome, "policy-violation", "Too many attempts.");
	return error;
}

int muster_handling_object(struct muster_handling *handling, const struct muster_objection *objection)
{
	struct muster_refusal refusal = { .condition = MUSTER_CONDITION_NOT_ACCEPTABLE,
		                          .phrase = objection->complaint,
		                          .field = objection->field };

	if (objection->error == MUSTER_NO_MEMORY)
		return objection->error;
	return muster_handling_refuse(handling, refusal);
}

int muster_handling_result(struct muster_handling *handling)
{
	return muster_reply_result(handling->outcome, &handling->address);
}

int muster_handling_show(struct muster_handling *handling, const struct muster_account *account)
{
	struct muster_stream *stream = handling->facts->stream;
	struct muster_view view = { .host = handling->host,
		                    .account = account,
		                    .username = handling->pass.name,
		                    .language = muster_buffer_text(&handling->address.language),
		                    .request = muster_buffer_text(&handling->address.id) };
	int error = MUSTER_OK;

	if (muster_handling_is_challenged(handling))
		view.challenge = stream->challenge;

	if (handling->host->legacy_key && stream)
		error = muster_stream_renew_key(stream, &view.key);
	return error == MUSTER_OK ? muster_reply_fields(handling->outcome, &handling->address, &view) : error;
}

int muster_handling_find(struct muster_handling *handling, struct muster_text name, struct muster_account *account)
{
	struct muster_transaction *transaction;
	int error = muster_transaction_read(handling->store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = muster_account_get(transaction, handling->host->name, name, account);
	muster_transaction_abort(transaction);
	return error;
}

/* --- rules --- */

int muster_handling_judge(struct muster_handling *handling, enum muster_solution solution, bool *refused)
{
	struct muster_transaction *transaction;
	struct muster_network network;
	struct muster_applicant applicant = {
		.solution = solution, .self_service = true, .invited = handling->invited, .now_s = muster_wall_clock_s()
	};
	int error = muster_transaction_read(handling->store, &transaction);

	if (error != MUSTER_OK)
		return error;
	if (muster_network_read(handling->facts->address, &network) == MUSTER_OK)
		applicant.address = &network;
	error = muster_rules_judge(handling->host, transaction, MUSTER_STAGE_BEGIN, &applicant, &handling->ruling);
	muster_transaction_abort(transaction);
	*refused = error == MUSTER_REFUSED;
	if (*refused && handling->ruling.ground == MUSTER_GROUND_WRONG)
		return muster_handling_fail_challenge(handling);
	return *refused ? muster_handling_refuse(handling, muster_refusal_of(&handling->ruling)) : error;
}

int muster_handling_mode(struct muster_handling *handling, enum muster_mode *mode)
{
	struct muster_transaction *transaction;
	int error = muster_transaction_read(handling->store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = muster_mode_now(handling->host, transaction, muster_wall_clock_s(), mode);
	muster_transaction_abort(transaction);
	return error;
}

/* --- an operation from a submission --- */

/* A name may be somebody else's by the time it is changed: what an account asks for is done to that account or not at
 * all. None now is none then. */
static int bind_to_account(struct muster_handling *handling, struct muster_operation *operation)
{
	struct muster_account account;
	int error = muster_handling_find(handling, operation->username, &account);

	operation->bound = true;
	if (error != MUSTER_OK)
		return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
	operation->created_s = account.created_s;
	muster_account_clear(&account);
	return MUSTER_OK;
}

int muster_handling_operate(struct muster_handling *handling, enum muster_operation_kind kind, struct muster_text name)
{
	const struct muster_source source = { handling->facts->door, handling->facts->address, MUSTER_NO_TEXT };
	struct muster_operation *operation;
	int error = muster_operation_new(&operation, handling->host, kind, name, &source);

	if (error != MUSTER_OK)
		return error;
	operation->answers = operation->self_service = true;
	operation->invited = handling->invited;
	operation->address = handling->address;
	handling->address = (struct muster_address){ .has_id = false };
	*handling->operation = operation;
	error = muster_operation_take_pass(operation, &handling->pass);
	if (error != MUSTER_OK || kind == MUSTER_REGISTER || kind == MUSTER_CHALLENGE)
		return error;
	return bind_to_account(handling, operation);
}

/* The audit has it under the name that the rule has among others. */
static int refuse_password(struct muster_handling *handling, struct muster_refusal refusal)
{
	struct muster_verdict *ruling = &handling->ruling;

	*ruling = (struct muster_verdict){ .rule = "password" };
	snprintf(ruling->detail, sizeof(ruling->detail), "%s", muster_phrase_english(refusal.phrase));
	return muster_handling_refuse(handling, refusal);
}

int muster_handling_operate_with_password(struct muster_handling *handling, enum muster_operation_kind kind,
                                          struct muster_text name, struct muster_text username)
{
	struct muster_buffer derivable = { 0 };
	struct muster_refusal refusal = { .condition = MUSTER_CONDITION_NOT_ACCEPTABLE };
	int error = muster_password_check(handling->host, username, handling->submission.password.value, &derivable,
	                                  &refusal.phrase);

	if (error == MUSTER_BAD_PASSWORD)
		return refuse_password(handling, refusal);
	if (error == MUSTER_OK)
		error = muster_handling_operate(handling, kind, name);
	if (error == MUSTER_OK) {
		(*handling->operation)->derivable = derivable;
		derivable = (struct muster_buffer){ 0 };
	}
	muster_buffer_clear(&derivable);
	return error;
}

static size_t count_values(const struct muster_given *given)
{
	size_t count = 1;

	for (const struct muster_element *more = given->more; more; more = muster_submission_next_value(more))
		count++;
	return count;
}

static int copy_value(struct muster_operation *operation, struct muster_text name, struct muster_text value)
{
	return value.size > 0 ? muster_operation_add_field(operation, name, value) : MUSTER_OK;
}

/* A field with several values is kept as several fields of one name. */
static int copy_field(struct muster_operation *operation, struct muster_text name, const struct muster_given *given)
{
	const struct muster_element *more = given->more;
	int error = copy_value(operation, name, given->value);

	for (; more && error == MUSTER_OK; more = muster_submission_next_value(more))
		error = copy_value(operation, name, more->text);
	return error;
}

static int copy_secret(struct muster_operation *operation, struct muster_text name, struct muster_text given)
{
	struct muster_buffer input = { 0 };
	int error = muster_answer_prepare(given, &input);

	if (error == MUSTER_OK)
		error = muster_operation_add_secret(operation, name, &input);
	muster_buffer_clear(&input);
	return error;
}

static int make_room(struct muster_handling *handling)
{
	const struct muster_host *host = handling->host;
	size_t count = 1;
	int error;

	for (size_t i = 0; i < host->field_count; i++)
		count += count_values(&handling->submission.values[i]);
	error = muster_operation_room(*handling->operation, count);
	return error == MUSTER_OK ? muster_operation_expect_secrets(*handling->operation, host->field_count) : error;
}

int muster_handling_copy_fields(struct muster_handling *handling)
{
	const struct muster_host *host = handling->host;
	struct muster_operation *operation = *handling->operation;
	int error = make_room(handling);

	for (size_t i = 0; i < host->field_count && error == MUSTER_OK; i++) {
		const struct muster_field_rule *rule = &host->fields[i];
		const struct muster_given *given = &handling->submission.values[i];

		if (!rule->secret)
			error = copy_field(operation, rule->name, given);
		else if (given->value.size > 0)
			error = copy_secret(operation, rule->name, given->value);
	}
	return error;
}

bool muster_handling_edits(const struct muster_handling *handling)
{
	for (size_t i = 0; i < handling->host->field_count; i++)
		if (handling->submission.values[i].value.data &&
		    muster_host_lets_edit(handling->host, &handling->host->fields[i]))
			return true;
	return false;
}

int muster_handling_copy_edits(struct muster_handling *handling)
{
	const struct muster_host *host = handling->host;
	struct muster_operation *operation = *handling->operation;
	struct muster_text *edited = muster_arena_take(&operation->arena, (host->field_count + 1) * sizeof(*edited));
	int error = edited ? make_room(handling) : MUSTER_NO_MEMORY;

	operation->edited = edited;
	for (size_t i = 0; i < host->field_count && error == MUSTER_OK; i++) {
		const struct muster_given *given = &handling->submission.values[i];

		if (!given->value.data || !muster_host_lets_edit(host, &host->fields[i]))
			continue;
		edited[operation->edited_count++] = host->fields[i].name;
		error = copy_field(operation, host->fields[i].name, given);
	}
	return error;
}

/* --- nobody of ours: SASL ANONYMOUS (XEP-0175, section 3), other hosts and servers --- */

static int handle_stranger(struct muster_handling *handling)
{
	if (handling->request.type == MUSTER_REQUEST_GET)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(SERVICE_UNAVAILABLE, NONE));
	if (handling->submission.purpose == MUSTER_PURPOSE_REMOVE)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(REGISTRATION_REQUIRED, NOT_REGISTERED));
	if (handling->facts->sender == MUSTER_SENDER_ANONYMOUS)
		return muster_handling_refuse(handling, MUSTER_REFUSAL(NOT_ALLOWED, NONE));
	return muster_handling_refuse(handling, MUSTER_REFUSAL(FORBIDDEN, NONE));
}

/* --- any request --- */

static int handle(struct muster_handling *handling)
{
	if (handling->request.type == MUSTER_REQUEST_DATA)
		return muster_handle_data(handling);
	if (handling->request.type == MUSTER_REQUEST_SET)
		muster_submission_read(&handling->submission, handling->host, handling->request.query);
	if (handling->request.type == MUSTER_REQUEST_PREAUTH &&
	    (handling->host->kind == MUSTER_HOST_SERVICE || handling->facts->sender != MUSTER_SENDER_STREAM))
		return muster_handling_refuse(handling, MUSTER_REFUSAL(SERVICE_UNAVAILABLE, NONE));
	if (handling->host->kind == MUSTER_HOST_SERVICE)
		return muster_handle_service(handling);
	switch (handling->facts->sender) {
	case MUSTER_SENDER_STREAM:
		return muster_handle_stream(handling);
	case MUSTER_SENDER_ACCOUNT:
		return muster_handle_account(handling);
	default:
		return handle_stranger(handling);
	}
}

/* The address may have gone with an operation that came to nothing. */
static void take_back_address(struct muster_handling *handling)
{
	struct muster_operation *operation = *handling->operation;

	if (!operation)
		return;
	muster_address_clear(&handling->address);
	handling->address = operation->address;
	operation->address = (struct muster_address){ .has_id = false };
	muster_operation_free(operation);
	*handling->operation = NULL;
}

/* What went wrong on our side is answered, unless even that fails. */
static int answer_failure(struct muster_handling *handling, int error)
{
	struct muster_refusal refusal = MUSTER_REFUSAL(INTERNAL_SERVER_ERROR, UNABLE);

	if (error == MUSTER_NO_MEMORY || error == MUSTER_BUSY)
		refusal.condition = MUSTER_CONDITION_RESOURCE_CONSTRAINT;
	take_back_address(handling);
	muster_outcome_clear(handling->outcome);
	muster_reply_error(handling->outcome, &handling->address, handling->host, &refusal);
	handling->outcome->error = error;
	tell_action(handling);
	return handling->outcome->action_count > 0 ? MUSTER_OK : error;
}

static int handle_element(struct muster_handling *handling, const struct muster_element *iq)
{
	int error;

	muster_request_parse(&handling->request, iq);
	if (handling->request.type == MUSTER_REQUEST_ANSWER)
		return MUSTER_OK;
	error = muster_address_set(&handling->address, handling->host, handling->facts, &handling->request);
	if (error == MUSTER_OK && handling->request.type == MUSTER_REQUEST_BAD)
		error = muster_handling_refuse(handling, MUSTER_REFUSAL(BAD_REQUEST, NONE));
	else if (error == MUSTER_OK)
		error = handle(handling);
	return error == MUSTER_OK ? MUSTER_OK : answer_failure(handling, error);
}

/* What cannot be read is answered by what the host says of it. */
static int handle_unreadable(struct muster_handling *handling, int error)
{
	struct muster_refusal refusal = MUSTER_REFUSAL(BAD_REQUEST, NONE);
	int set = muster_address_set(&handling->address, handling->host, handling->facts, &handling->request);

	if (set != MUSTER_OK || error == MUSTER_NO_MEMORY)
		return answer_failure(handling, MUSTER_NO_MEMORY);
	if (error == MUSTER_TOO_LARGE)
		refusal = MUSTER_REFUSAL(POLICY_VIOLATION, TOO_LARGE);
	handling->request.type = MUSTER_REQUEST_SET; /* for all that we know; of what, we do not */
	handling->submission.purpose = MUSTER_PURPOSE_NOTHING;
	error = muster_handling_refuse(handling, refusal);
	return error == MUSTER_OK ? MUSTER_OK : answer_failure(handling, error);
}

int muster_request_begin_document(struct muster_host *host, struct muster_store *store,
                                  const struct muster_facts *facts, const struct muster_document *document,
                                  struct muster_outcome *outcome, struct muster_operation **operation)
{
	struct muster_handling handling = {
		.host = host,
		.store = store,
		.facts = facts,
		.outcome = outcome,
		.operation = operation,
		.invited = facts->invited,
	};
	int error;

	*outcome = (struct muster_outcome){ 0 };
	*operation = NULL;
	error = document->error == MUSTER_OK ? handle_element(&handling, document->root)
	                                     : handle_unreadable(&handling, document->error);
	muster_address_clear(&handling.address);
	muster_arena_clear(&handling.arena);
	return error;
}

int muster_request_begin(struct muster_host *host, struct muster_store *store, const struct muster_facts *facts,
                         struct muster_text xml, struct muster_outcome *outcome, struct muster_operation **operation)
{
	struct muster_document document;
	int error;

	muster_document_read(&document, xml, NULL);
	error = muster_request_begin_document(host, store, facts, &document, outcome, operation);
	muster_document_clear(&document);
	return error;
}
