/* handler.c -- a request of jabber:iq:register judged, check by check; the first failure answers. */
#include "muster/preparation.h"
#include "policy/password.h"
#include "registration/operation.h"
#include "registration/reply.h"
#include "registration/submission.h"

#define LITERAL_REFUSAL(name, words)                                                                                   \
	((struct muster_refusal){ .condition = MUSTER_CONDITION_##name, .text = MUSTER_TEXT(words) })
#define PLAIN_REFUSAL(name) ((struct muster_refusal){ .condition = MUSTER_CONDITION_##name })

struct handling {
	struct muster_host *host;
	struct muster_store *store;
	const struct muster_facts *facts;
	struct muster_outcome *outcome;
	struct muster_operation **operation;
	struct muster_request request;
	struct muster_submission submission;
	struct muster_address address;
};

static int refuse(struct handling *handling, struct muster_refusal refusal)
{
	handling->outcome->error = MUSTER_REFUSED;
	handling->outcome->text = refusal.text;
	return muster_reply_error(handling->outcome, &handling->address, &refusal);
}

/* A refusal that names a field. */
static int refuse_field(struct handling *handling, const struct muster_objection *objection)
{
	struct muster_buffer *owned = &handling->outcome->owned;
	struct muster_refusal refusal = PLAIN_REFUSAL(NOT_ACCEPTABLE);

	muster_buffer_add_c(owned, "The field ");
	muster_buffer_add(owned, objection->field);
	muster_buffer_add_c(owned, " ");
	muster_buffer_add_c(owned, objection->complaint);
	muster_buffer_add_c(owned, ".");
	if (owned->error != MUSTER_OK)
		return owned->error;
	refusal.text = muster_buffer_text(owned);
	return refuse(handling, refusal);
}

static int give_result(struct handling *handling)
{
	return muster_reply_result(handling->outcome, &handling->address);
}

/* --- an operation from a submission --- */

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

static int copy_fields(struct handling *handling, struct muster_operation *operation)
{
	const struct muster_host *host = handling->host;
	size_t count = 0;
	int error;

	for (size_t i = 0; i < host->field_count; i++)
		count += count_values(&handling->submission.values[i]);
	error = muster_operation_room(operation, count);
	for (size_t i = 0; i < host->field_count && error == MUSTER_OK; i++)
		error = copy_field(operation, host->fields[i].name, &handling->submission.values[i]);
	return error;
}

/* Make the operation; it takes the address and the password with it. */
static int operate(struct handling *handling, enum muster_operation_kind kind, struct muster_text username,
                   struct muster_buffer *derivable)
{
	struct muster_origin origin = { handling->facts->door, handling->facts->address };
	struct muster_operation *operation;
	int error = muster_operation_new(&operation, handling->host, kind, username, &origin);

	if (error != MUSTER_OK)
		return error;
	if (kind == MUSTER_REGISTER)
		error = copy_fields(handling, operation);
	if (error != MUSTER_OK) {
		muster_operation_free(operation);
		return error;
	}
	operation->answers = true;
	operation->address = handling->address;
	handling->address = (struct muster_address){ .has_id = false };
	if (derivable) {
		operation->derivable = *derivable;
		*derivable = (struct muster_buffer){ 0 };
	}
	*handling->operation = operation;
	return MUSTER_OK;
}

static int operate_with_password(struct handling *handling, enum muster_operation_kind kind,
                                 struct muster_text username)
{
	struct muster_buffer derivable = { 0 };
	struct muster_refusal refusal = PLAIN_REFUSAL(NOT_ACCEPTABLE);
	const char *why;
	int error =
		muster_password_check(handling->host, username, handling->submission.password.value, &derivable, &why);

	if (error == MUSTER_BAD_PASSWORD) {
		refusal.text = muster_text_of(why);
		return refuse(handling, refusal);
	}
	if (error == MUSTER_OK)
		error = operate(handling, kind, username, &derivable);
	muster_buffer_clear(&derivable);
	return error;
}

/* --- a stream that has not logged in --- */

static int register_account(struct handling *handling)
{
	struct muster_objection objection = muster_submission_object(&handling->submission, handling->host, true);
	struct muster_buffer username = { 0 };
	int error;

	if (objection.complaint)
		return refuse_field(handling, &objection);
	error = muster_name_prepare(handling->submission.username.value, &username);
	if (error == MUSTER_BAD_NAME)
		error = refuse(handling, LITERAL_REFUSAL(NOT_ACCEPTABLE, "That username cannot be used."));
	else if (error == MUSTER_OK)
		error = operate_with_password(handling, MUSTER_REGISTER, muster_buffer_text(&username));
	muster_buffer_clear(&username);
	return error;
}

static int set_by_stream(struct handling *handling)
{
	struct muster_submission *submission = &handling->submission;

	switch (submission->purpose) {
	case MUSTER_PURPOSE_REMOVE:
	case MUSTER_PURPOSE_CANCEL_FORM:
	case MUSTER_PURPOSE_CHANGE_FORM:
		return refuse(handling, LITERAL_REFUSAL(UNEXPECTED_REQUEST, "Log in first."));
	default:
		break;
	}
	if (submission->misshapen)
		return refuse(handling, PLAIN_REFUSAL(BAD_REQUEST));
	if (submission->purpose == MUSTER_PURPOSE_NOTHING)
		return give_result(handling);
	if (handling->host->registration == MUSTER_REGISTRATION_REDIRECT)
		return refuse(handling, LITERAL_REFUSAL(NOT_ALLOWED, "You cannot register in your client here."));
	return register_account(handling);
}

/* Hosts hand over a stanza by its `to`, whatever domain its stream was opened to. Absent text is no objection. */
static int check_domain(const struct handling *handling, struct muster_text domain)
{
	return domain.data ? muster_domain_is(domain, handling->host->name) : MUSTER_OK;
}

static int handle_stream(struct handling *handling)
{
	int error = check_domain(handling, handling->request.to);

	if (error == MUSTER_OK)
		error = check_domain(handling, handling->facts->stream_host);
	if (error == MUSTER_BAD_NAME)
		return refuse(handling, PLAIN_REFUSAL(SERVICE_UNAVAILABLE));
	if (error != MUSTER_OK)
		return error;
	if (!muster_host_announces(handling->host))
		return refuse(handling, LITERAL_REFUSAL(SERVICE_UNAVAILABLE, "Registration is closed."));
	if (handling->host->require_tls && !handling->facts->secure)
		return refuse(handling, LITERAL_REFUSAL(POLICY_VIOLATION, "Encrypt the stream first."));
	if (handling->request.type == MUSTER_REQUEST_SET)
		return set_by_stream(handling);
	if (handling->host->registration == MUSTER_REGISTRATION_REDIRECT)
		return muster_reply_redirect(handling->outcome, &handling->address, handling->host);
	return muster_reply_fields(handling->outcome, &handling->address, handling->host);
}

/* --- an account --- */

static int get_by_account(struct handling *handling)
{
	struct muster_transaction *transaction;
	struct muster_account account;
	int error = muster_transaction_read(handling->store, &transaction);

	if (error != MUSTER_OK)
		return error;
	error = muster_account_get(transaction, handling->host->name, handling->facts->username, &account);
	muster_transaction_abort(transaction);
	if (error == MUSTER_NOT_FOUND)
		return refuse(handling, PLAIN_REFUSAL(REGISTRATION_REQUIRED));
	if (error != MUSTER_OK)
		return error;
	error = muster_reply_registered(handling->outcome, &handling->address, handling->host, &account);
	muster_account_clear(&account);
	return error;
}

/* --- proofs --- */

/* A form may name the account by its localpart or its bare JID. */
static int check_own_name(struct handling *handling)
{
	struct muster_text given = handling->submission.username.value;
	int error = muster_name_is(given, handling->facts->username);

	if (error == MUSTER_BAD_NAME)
		error = muster_jid_is(given, handling->facts->username, handling->host->name);
	return error;
}

static int refuse_without_proof(struct handling *handling, enum muster_proof_form form, struct muster_refusal refusal)
{
	refusal.form = form;
	if (form == MUSTER_PROOF_CHANGE)
		refusal.type = "modify"; /* XEP-0077, section 3.3 */
	return refuse(handling, refusal);
}

/* Have `password` checked before anything is done. One that cannot be a password is a wrong one. */
static int prove(struct handling *handling, struct muster_text password, enum muster_proof_form form)
{
	struct muster_buffer proof = { 0 };
	int error = muster_password_prepare(password, &proof, NULL);

	if (error == MUSTER_OK)
		error = muster_operation_prove(*handling->operation, handling->store, &proof);
	muster_buffer_clear(&proof);
	if (error == MUSTER_OK)
		return MUSTER_OK;
	/* The answer takes back the address that the operation has taken. */
	handling->address = (*handling->operation)->address;
	(*handling->operation)->address = (struct muster_address){ .has_id = false };
	muster_operation_free(*handling->operation);
	*handling->operation = NULL;
	if (error == MUSTER_BAD_PASSWORD)
		return refuse_without_proof(handling, form, LITERAL_REFUSAL(NOT_AUTHORIZED, "The password is wrong."));
	if (error == MUSTER_NOT_FOUND)
		return refuse(handling, PLAIN_REFUSAL(REGISTRATION_REQUIRED));
	return error;
}

/* XEP-0077, section 3.3, gives this error the type modify: the client may come back over TLS. */
static int refuse_plaintext_change(struct handling *handling)
{
	struct muster_refusal refusal = LITERAL_REFUSAL(NOT_AUTHORIZED, "Encrypt the stream first.");

	refusal.type = "modify";
	return refuse(handling, refusal);
}

static int change_password(struct handling *handling)
{
	struct muster_objection objection;
	int error;

	if (handling->host->change_password == MUSTER_DENY)
		return refuse(handling, LITERAL_REFUSAL(NOT_ALLOWED, "Passwords are not changed here."));
	if (handling->host->change_password == MUSTER_BY_FORM && handling->submission.old_password.value.size == 0)
		return refuse_without_proof(handling, MUSTER_PROOF_CHANGE,
		                            LITERAL_REFUSAL(NOT_AUTHORIZED, "Give the old password too."));
	if (handling->submission.password.value.size == 0)
		return refuse(handling, LITERAL_REFUSAL(BAD_REQUEST, "The new password is missing."));
	objection = muster_submission_object(&handling->submission, handling->host, false);
	if (objection.complaint)
		return refuse_field(handling, &objection);
	error = operate_with_password(handling, MUSTER_CHANGE_PASSWORD, handling->facts->username);
	if (error == MUSTER_OK && *handling->operation && handling->submission.old_password.value.data)
		error = prove(handling, handling->submission.old_password.value, MUSTER_PROOF_CHANGE);
	return error;
}

static int remove_with_proof(struct handling *handling)
{
	int error;

	if (handling->host->unregister == MUSTER_DENY)
		return refuse(handling, LITERAL_REFUSAL(NOT_ALLOWED, "Accounts are not removed here."));
	error = operate(handling, MUSTER_UNREGISTER, handling->facts->username, NULL);
	return error == MUSTER_OK ? prove(handling, handling->submission.password.value, MUSTER_PROOF_CANCEL) : error;
}

static int act_on_own_account(struct handling *handling)
{
	int error;

	if (handling->submission.username.value.size == 0)
		return refuse(handling, LITERAL_REFUSAL(BAD_REQUEST, "The username is missing."));
	if (handling->submission.purpose == MUSTER_PURPOSE_REGISTER)
		error = muster_name_is(handling->submission.username.value, handling->facts->username);
	else
		error = check_own_name(handling);
	if (error == MUSTER_BAD_NAME)
		return refuse(handling, LITERAL_REFUSAL(FORBIDDEN, "That is not your account."));
	if (error != MUSTER_OK)
		return error;
	return handling->submission.purpose == MUSTER_PURPOSE_CANCEL_FORM ? remove_with_proof(handling)
	                                                                  : change_password(handling);
}

static int remove_own_account(struct handling *handling)
{
	if (handling->submission.misshapen)
		return refuse(handling, LITERAL_REFUSAL(BAD_REQUEST, "Nothing may stand beside remove."));
	if (handling->host->unregister == MUSTER_DENY)
		return refuse(handling, LITERAL_REFUSAL(NOT_ALLOWED, "Accounts are not removed here."));
	if (handling->host->unregister == MUSTER_BY_FORM)
		return refuse_without_proof(handling, MUSTER_PROOF_CANCEL,
		                            LITERAL_REFUSAL(NOT_ALLOWED, "Give your password to remove your account."));
	return operate(handling, MUSTER_UNREGISTER, handling->facts->username, NULL);
}

static int handle_account(struct handling *handling)
{
	struct muster_submission *submission = &handling->submission;

	if (handling->request.type == MUSTER_REQUEST_GET)
		return get_by_account(handling);
	if (submission->purpose == MUSTER_PURPOSE_REMOVE)
		return remove_own_account(handling);
	if (handling->host->require_tls && !handling->facts->secure)
		return refuse_plaintext_change(handling);
	if (submission->misshapen)
		return refuse(handling, PLAIN_REFUSAL(BAD_REQUEST));
	if (submission->purpose == MUSTER_PURPOSE_NOTHING)
		return give_result(handling);
	return act_on_own_account(handling);
}

/* --- nobody of ours: SASL ANONYMOUS (XEP-0175, section 3), other hosts and servers --- */

static int handle_stranger(struct handling *handling)
{
	if (handling->request.type == MUSTER_REQUEST_GET)
		return refuse(handling, PLAIN_REFUSAL(SERVICE_UNAVAILABLE));
	if (handling->submission.purpose == MUSTER_PURPOSE_REMOVE)
		return refuse(handling, PLAIN_REFUSAL(REGISTRATION_REQUIRED));
	if (handling->facts->sender == MUSTER_SENDER_ANONYMOUS)
		return refuse(handling, PLAIN_REFUSAL(NOT_ALLOWED));
	return refuse(handling, PLAIN_REFUSAL(FORBIDDEN));
}

/* --- any request --- */

static int handle(struct handling *handling)
{
	if (handling->request.type == MUSTER_REQUEST_SET)
		muster_submission_read(&handling->submission, handling->host, handling->request.query);
	switch (handling->facts->sender) {
	case MUSTER_SENDER_STREAM:
		return handle_stream(handling);
	case MUSTER_SENDER_ACCOUNT:
		return handle_account(handling);
	default:
		return handle_stranger(handling);
	}
}

/* What went wrong on our side is answered, unless even that fails. */
static int answer_failure(struct handling *handling, int error)
{
	enum muster_condition condition = MUSTER_CONDITION_INTERNAL_SERVER_ERROR;
	struct muster_refusal refusal;

	if (error == MUSTER_NO_MEMORY || error == MUSTER_BUSY)
		condition = MUSTER_CONDITION_RESOURCE_CONSTRAINT;
	refusal = (struct muster_refusal){ .condition = condition,
		                           .text = MUSTER_TEXT("The server cannot do that now.") };
	muster_outcome_clear(handling->outcome);
	refuse(handling, refusal);
	handling->outcome->error = error;
	return handling->outcome->action_count > 0 ? MUSTER_OK : error;
}

static int handle_document(struct handling *handling, const struct muster_document *document)
{
	int error;

	muster_request_parse(&handling->request, document->root);
	if (handling->request.type == MUSTER_REQUEST_ANSWER)
		return MUSTER_OK;
	error = muster_address_set(&handling->address, handling->host, handling->facts, &handling->request);
	if (error == MUSTER_OK && handling->request.type == MUSTER_REQUEST_BAD)
		error = refuse(handling, PLAIN_REFUSAL(BAD_REQUEST));
	else if (error == MUSTER_OK)
		error = handle(handling);
	return error == MUSTER_OK ? MUSTER_OK : answer_failure(handling, error);
}

/* What cannot be read is answered by what the host says of it. */
static int handle_unreadable(struct handling *handling, int error)
{
	struct muster_refusal refusal = PLAIN_REFUSAL(BAD_REQUEST);
	int set = muster_address_set(&handling->address, handling->host, handling->facts, &handling->request);

	if (set != MUSTER_OK || error == MUSTER_NO_MEMORY)
		return answer_failure(handling, MUSTER_NO_MEMORY);
	if (error == MUSTER_TOO_LARGE)
		refusal = LITERAL_REFUSAL(POLICY_VIOLATION, "The request is too large.");
	error = refuse(handling, refusal);
	return error == MUSTER_OK ? MUSTER_OK : answer_failure(handling, error);
}

int muster_request_begin(struct muster_host *host, struct muster_store *store, const struct muster_facts *facts,
                         struct muster_text xml, struct muster_outcome *outcome, struct muster_operation **operation)
{
	struct handling handling = {
		.host = host, .store = store, .facts = facts, .outcome = outcome, .operation = operation
	};
	struct muster_document document;
	int error = muster_document_read(&document, xml, NULL);

	*outcome = (struct muster_outcome){ 0 };
	*operation = NULL;
	error = error == MUSTER_OK ? handle_document(&handling, &document) : handle_unreadable(&handling, error);
	muster_document_clear(&document);
	muster_address_clear(&handling.address);
	return error;
}
