/* challenge.c -- kinds, questions and bits read, and the bits that are right for the load. */
#include "policy/challenge.h"

#include <math.h>
#include <string.h>

#include "muster/directive.h"
#include "muster/preparation.h"
#include "policy/host.h"
#include "policy/rule.h"

enum { BITS_USUAL = 20, PICTURES = 10, PICTURES_S = 60 };

#define KINDS "\"ocr\", \"qa\", \"SHA-256\", \"auto\""
#define QUESTIONS                                                                                                      \
	"a table such as { [\"The colour of grass?\"] = \"green\" }, or a list of tables with question and answers"

const char *muster_challenge_name(enum muster_challenge_kind kind)
{
	static const char *const names[] = { "ocr", "qa", "SHA-256" };

	return names[kind];
}

void muster_challenge_default(struct muster_challenges *challenges)
{
	challenges->least_bits = challenges->most_bits = BITS_USUAL;
}

/* --- kinds --- */

static int take_kind(const struct muster_setting *setting, const struct muster_item *item,
                     struct muster_challenges *challenges)
{
	const struct muster_value *value = &item->value;

	if (item->key.data)
		return muster_setting_refuse_key(setting, item->key, "none, it is a list");
	if (value->kind == MUSTER_STRING && muster_text_is_c(value->text, "auto")) {
		challenges->follows = true;
		return MUSTER_OK;
	}
	for (enum muster_challenge_kind kind = 0; kind < MUSTER_CHALLENGE_KINDS; kind++)
		if (value->kind == MUSTER_STRING && muster_text_is_c(value->text, muster_challenge_name(kind))) {
			challenges->kinds |= MUSTER_CHALLENGE_BIT(kind);
			return MUSTER_OK;
		}
	return muster_setting_refuse(setting, value, KINDS);
}

/* They guard accounts: who registers with a service has one already. */
int muster_challenge_set(const struct muster_setting *setting)
{
	struct muster_challenges *challenges = &setting->host->challenges;
	const struct muster_value *value = setting->value;
	int error = MUSTER_OK;

	challenges->kinds = 0;
	challenges->follows = false;
	if (value->kind == MUSTER_BOOLEAN && !value->boolean)
		return MUSTER_OK;
	if (value->kind != MUSTER_TABLE)
		return muster_setting_refuse(setting, value, "a list of two or more of " KINDS);
	for (size_t i = 0; i < value->count && error == MUSTER_OK; i++)
		error = take_kind(setting, &value->items[i], challenges);
	if (setting->host->kind == MUSTER_HOST_SERVICE) {
		challenges->kinds = 0;
		challenges->follows = false;
	}
	return error;
}

static bool is_one(unsigned kinds)
{
	return (kinds & (kinds - 1)) == 0;
}

static int check_kinds(const struct muster_challenges *challenges, struct muster_failure *failure)
{
	const unsigned both =
		MUSTER_CHALLENGE_BIT(MUSTER_CHALLENGE_QA) | MUSTER_CHALLENGE_BIT(MUSTER_CHALLENGE_SHA_256);

	if (is_one(challenges->kinds)) /* of any two, one can be solved without seeing (XEP-0158, section 6.1) */
		return muster_fail(failure, MUSTER_BAD_OPTION,
		                   "option muster_challenges: one kind is not allowed, for there are people who cannot "
		                   "solve it; allowed: two or more of " KINDS);
	if (challenges->follows && (challenges->kinds & both) != both)
		return muster_fail(failure, MUSTER_BAD_OPTION,
		                   "option muster_challenges: \"auto\" is not allowed without both \"qa\" and "
		                   "\"SHA-256\"; allowed: \"qa\", \"SHA-256\" and \"auto\", with or without \"ocr\"");
	if ((challenges->kinds & MUSTER_CHALLENGE_BIT(MUSTER_CHALLENGE_QA)) && challenges->question_count == 0)
		return muster_fail(failure, MUSTER_BAD_OPTION,
		                   "option muster_questions: it is missing, and muster_challenges has \"qa\"; "
		                   "allowed: " QUESTIONS);
	return MUSTER_OK;
}

void muster_challenge_clear(struct muster_challenges *challenges)
{
	muster_picture_maker_release(challenges->maker);
	challenges->maker = NULL;
}

static int make_maker(struct muster_challenges *challenges, struct muster_failure *failure)
{
	const char *option = challenges->command.data ? "captcha_cmd"
	                     : challenges->font.data  ? "muster_picture_font"
	                                              : "muster_challenges: \"ocr\" is not possible";
	struct muster_failure why = { 0 };
	int error;

	muster_challenge_clear(challenges);
	error = muster_picture_maker_new(&challenges->maker, challenges->font.data, challenges->command.data, &why);
	return error == MUSTER_OK ? error : muster_fail(failure, error, "option %s: %.400s", option, why.text);
}

int muster_challenge_check(struct muster_challenges *challenges, struct muster_failure *failure)
{
	int error = challenges->kinds || challenges->follows ? check_kinds(challenges, failure) : MUSTER_OK;

	if (error == MUSTER_OK && (challenges->kinds & MUSTER_CHALLENGE_BIT(MUSTER_CHALLENGE_OCR)))
		error = make_maker(challenges, failure);
	return error;
}

/* --- questions --- */

static int take_answer(const struct muster_setting *setting, const struct muster_value *value,
                       struct muster_text *answer)
{
	struct muster_buffer prepared = { 0 };
	int error = MUSTER_BAD_PASSWORD;

	if (value->kind == MUSTER_STRING)
		error = muster_answer_prepare(value->text, &prepared);
	if (error == MUSTER_BAD_PASSWORD)
		return muster_setting_refuse(setting, value,
		                             "an answer, or a list of answers: strings that are not empty");
	if (error == MUSTER_OK)
		error = muster_arena_copy(&setting->host->arena, muster_buffer_text(&prepared), answer);
	muster_buffer_clear(&prepared);
	return error;
}

static int take_answers(const struct muster_setting *setting, const struct muster_value *value,
                        struct muster_question *question)
{
	size_t count = value->kind == MUSTER_TABLE ? value->count : 1;
	struct muster_text *answers = muster_arena_take(&setting->host->arena, (count + 1) * sizeof(*answers));
	int error = answers ? MUSTER_OK : MUSTER_NO_MEMORY;

	if (error == MUSTER_OK && value->kind != MUSTER_TABLE)
		error = take_answer(setting, value, &answers[0]);
	for (size_t i = 0; value->kind == MUSTER_TABLE && i < count && error == MUSTER_OK; i++)
		error = value->items[i].key.data
		                ? muster_setting_refuse_key(setting, value->items[i].key, "none, it is a list")
		                : take_answer(setting, &value->items[i].value, &answers[i]);
	question->answers = answers;
	question->answer_count = error == MUSTER_OK ? count : 0;
	return error;
}

/* One that is asked in several languages: { question = …, answers = … } */
static int take_table(const struct muster_setting *setting, const struct muster_value *value,
                      struct muster_question *question)
{
	int error = MUSTER_OK;

	if (value->kind != MUSTER_TABLE)
		return muster_setting_refuse(setting, value, "a table such as { question = \"…\", answers = \"…\" }");
	for (size_t i = 0; i < value->count && error == MUSTER_OK; i++) {
		const struct muster_item *item = &value->items[i];

		if (muster_text_is_c(item->key, "question"))
			error = muster_setting_wording(setting, &item->value, &question->wording);
		else if (muster_text_is_c(item->key, "answers"))
			error = take_answers(setting, &item->value, question);
		else
			error = muster_setting_refuse_key(setting, item->key, "question, answers");
	}
	return error;
}

static int take_question(const struct muster_setting *setting, const struct muster_item *item,
                         struct muster_question *question)
{
	const struct muster_value asked = { .kind = MUSTER_STRING, .text = item->key };
	int error;

	if (!item->key.data)
		return take_table(setting, &item->value, question);
	error = muster_setting_wording(setting, &asked, &question->wording);
	return error == MUSTER_OK ? take_answers(setting, &item->value, question) : error;
}

static bool is_askable(const struct muster_question *question)
{
	return question->answer_count > 0 && muster_wording_in(&question->wording, MUSTER_NO_TEXT).text.size > 0;
}

int muster_challenge_set_questions(const struct muster_setting *setting)
{
	const struct muster_value *value = setting->value;
	struct muster_question *questions;
	int error = MUSTER_OK;

	if (value->kind != MUSTER_TABLE)
		return muster_setting_refuse(setting, value, QUESTIONS);
	questions = muster_arena_take(&setting->host->arena, (value->count + 1) * sizeof(*questions));
	if (!questions)
		return MUSTER_NO_MEMORY;
	for (size_t i = 0; i < value->count && error == MUSTER_OK; i++) {
		error = take_question(setting, &value->items[i], &questions[i]);
		if (error == MUSTER_OK && !is_askable(&questions[i]))
			error = muster_setting_refuse(setting, value, QUESTIONS);
	}
	setting->host->challenges.questions = questions;
	setting->host->challenges.question_count = error == MUSTER_OK ? value->count : 0;
	return error;
}

/* --- proof of work --- */

int muster_challenge_set_work(const struct muster_setting *setting)
{
	struct muster_challenges *challenges = &setting->host->challenges;
	const struct muster_value *value = setting->value;
	uint32_t *target;
	int error = MUSTER_OK;

	if (value->kind != MUSTER_TABLE) {
		error = muster_setting_number(setting, value, MUSTER_BITS_LEAST, MUSTER_BITS_MOST,
		                              &challenges->least_bits);
		challenges->most_bits = challenges->least_bits;
		return error;
	}
	for (size_t i = 0; i < value->count && error == MUSTER_OK; i++) {
		const struct muster_item *item = &value->items[i];

		target = muster_text_is_c(item->key, "max") ? &challenges->most_bits : &challenges->least_bits;
		if (muster_text_is_c(item->key, "min") || muster_text_is_c(item->key, "max"))
			error = muster_setting_number(setting, &item->value, MUSTER_BITS_LEAST, MUSTER_BITS_MOST,
			                              target);
		else
			error = muster_setting_refuse_key(setting, item->key, "min, max");
	}
	if (error == MUSTER_OK && challenges->least_bits > challenges->most_bits)
		error = muster_setting_refuse(setting, value,
		                              "a number of bits, or { min = 18, max = 24 } with min up to max, "
		                              "20 where one is not said");
	return error;
}

bool muster_challenge_read_bits(struct muster_text text, uint32_t *bits)
{
	*bits = 0;
	for (size_t i = 0; i < text.size && *bits <= MUSTER_BITS_MOST; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*bits = *bits * 10 + (uint32_t)(text.data[i] - '0');
	}
	return *bits >= MUSTER_BITS_LEAST && *bits <= MUSTER_BITS_MOST;
}

/* --- pictures --- */

int muster_challenge_set_command(const struct muster_setting *setting)
{
	return muster_setting_text(setting, setting->value, &setting->host->challenges.command);
}

int muster_challenge_set_font(const struct muster_setting *setting)
{
	return muster_setting_text(setting, setting->value, &setting->host->challenges.font);
}

/* --- the load --- */

/* An operator's word, if there is one: then `until_s` says how long it counts. */
static int read_directive(const struct muster_host *host, struct muster_transaction *transaction, int64_t now_s,
                          struct muster_difficulty *difficulty)
{
	struct muster_directive directive;
	int error = muster_directive_get(transaction, host->name, MUSTER_TEXT("difficulty"), MUSTER_TEXT(""), now_s,
	                                 &directive);

	difficulty->until_s = -1;
	if (error == MUSTER_OK && muster_challenge_read_bits(directive.value, &difficulty->bits))
		difficulty->until_s = directive.until_s;
	muster_directive_clear(&directive);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

static int read_load(const struct muster_host *host, struct muster_transaction *transaction,
                     const struct muster_network *address, int64_t now_s, double *load)
{
	const struct muster_applicant applicant = { .address = address, .now_s = now_s };
	bool exempt;
	int error = muster_rules_exempt(host, transaction, &applicant, &exempt);

	*load = 0;
	return error == MUSTER_OK && !exempt ? muster_throttle_load(host, transaction, address, now_s, load) : error;
}

int muster_difficulty_now(const struct muster_host *host, struct muster_transaction *transaction,
                          const struct muster_network *address, int64_t now_s, struct muster_difficulty *difficulty)
{
	const struct muster_challenges *challenges = &host->challenges;
	double span = challenges->most_bits - challenges->least_bits, load = 0;
	int error = read_directive(host, transaction, now_s, difficulty);

	if (error == MUSTER_OK && difficulty->until_s < 0) {
		error = read_load(host, transaction, address, now_s, &load);
		difficulty->bits = challenges->least_bits + (uint32_t)lround(span * load);
	}
	/* The upper half of what can be ordered or come is a wave, whether bits tell it or, without a span, the load.
	 */
	difficulty->both = challenges->follows &&
	                   (load > 0.5 || 2 * difficulty->bits > challenges->least_bits + challenges->most_bits);
	return error;
}

/* --- pictures, which cost more than other challenges --- */

#define PICTURES_OF "pictures "

/* Is there something to count? `name` is where the bucket's subject lives. */
static int find_bucket(const struct muster_host *host, struct muster_transaction *transaction,
                       const struct muster_network *address, int64_t now_s, struct muster_buffer *name,
                       struct muster_bucket *bucket)
{
	const struct muster_applicant applicant = { .address = address, .now_s = now_s };
	struct muster_network around;
	char text[MUSTER_NETWORK_TEXT];
	bool exempt = true;
	int error = address ? muster_rules_exempt(host, transaction, &applicant, &exempt) : MUSTER_OK;

	if (error != MUSTER_OK || exempt)
		return error == MUSTER_OK ? MUSTER_NOT_FOUND : error;
	around = muster_network_around(address, MUSTER_NETWORK_BITS_4, 64);
	muster_buffer_add_c(name, PICTURES_OF);
	error = muster_buffer_add(name, muster_network_text(&around, text));
	*bucket = (struct muster_bucket){ host->name, muster_buffer_text(name), PICTURES, PICTURES_S };
	return error;
}

int muster_pictures_wait(const struct muster_host *host, struct muster_transaction *transaction,
                         const struct muster_network *address, int64_t now_s, int64_t *wait_s)
{
	struct muster_buffer name = { 0 };
	struct muster_bucket bucket;
	struct muster_level level = { 0 };
	int error = find_bucket(host, transaction, address, now_s, &name, &bucket);

	*wait_s = 0;
	if (error == MUSTER_OK)
		error = muster_bucket_read(transaction, &bucket, now_s, &level);
	if (error == MUSTER_OK)
		*wait_s = muster_bucket_wait(&bucket, level);
	muster_buffer_clear(&name);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

int muster_pictures_charge(const struct muster_host *host, struct muster_transaction *transaction,
                           const struct muster_network *address, int64_t now_s)
{
	struct muster_buffer name = { 0 };
	struct muster_bucket bucket;
	int error = find_bucket(host, transaction, address, now_s, &name, &bucket);

	if (error == MUSTER_OK)
		error = muster_bucket_add(transaction, &bucket, now_s,
		                          (struct muster_level){ .all = MUSTER_BUCKET_ONE });
	muster_buffer_clear(&name);
	return error == MUSTER_NOT_FOUND ? MUSTER_OK : error;
}

struct muster_text muster_pictures_of(struct muster_text subject)
{
	const size_t size = strlen(PICTURES_OF);

	return subject.size > size && memcmp(subject.data, PICTURES_OF, size) == 0
	               ? (struct muster_text){ subject.data + size, subject.size - size }
	               : subject;
}
