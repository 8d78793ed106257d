#include "asking.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/clock.h"

/* --- a host that asks --- */

void ask_challenges(struct place *place, const char *kinds[], size_t count)
{
	struct muster_item list[4] = { 0 };

	for (size_t i = 0; i < count; i++)
		list[i].value = string(kinds[i]);
	set_option(place, "muster_challenges", table(list, count));
	set_option(
		place, "muster_questions",
		TABLE(ITEM("The colour of grass?", TABLE(ELEMENT(string("Green")), ELEMENT(string("gr\xc3\xbcn"))))));
	set_option(place, "muster_proof_of_work", number(8));
	assert_error(muster_host_check(place->host, NULL), MUSTER_OK);
}

int open_asking_place(void **state)
{
	open_place(state);
	muster_clock_pretend(NOW);
	ASK((struct place *)*state, "qa", "SHA-256");
	return 0;
}

int close_asking_place(void **state)
{
	muster_clock_pretend(0);
	return close_place(state);
}

/* --- clients --- */

struct muster_facts on(struct muster_stream *stream)
{
	struct muster_facts facts = stranger();

	facts.stream = stream;
	return facts;
}

struct muster_stream *new_stream(void)
{
	struct muster_stream *stream;

	assert_error(muster_stream_new(&stream), MUSTER_OK);
	return stream;
}

/* A stream that has the form now. */
struct muster_stream *asked(struct place *place)
{
	struct muster_stream *stream = new_stream();

	assert_string_equal(verdict(request(place, on(stream), GET)), "result");
	assert_non_null(stream->challenge);
	return stream;
}

/* A form with this challenge and these answers, each of which may be NULL. */
const char *filled(const char *name, const char *challenge, const char *kind, const char *answer)
{
	static char form[2048];
	size_t size =
		(size_t)snprintf(form, sizeof(form),
	                         "<x xmlns='jabber:x:data' type='submit'>" FIELD("FORM_TYPE", "jabber:iq:register")
	                                 FIELD("username", "%s") FIELD("password", "Calliope"),
	                         name);

	if (challenge)
		size += (size_t)snprintf(form + size, sizeof(form) - size, FIELD("challenge", "%s"), challenge);
	if (kind)
		size += (size_t)snprintf(form + size, sizeof(form) - size, FIELD("%s", "%s"), kind, answer);
	snprintf(form + size, sizeof(form) - size, "</x>");
	return form;
}

const char *answer(struct place *place, struct muster_stream *stream, const char *kind, const char *answer)
{
	static int count;
	char name[32];

	snprintf(name, sizeof(name), "user%d", count++);
	return set(place, on(stream), filled(name, stream->challenge ? stream->challenge->id : "0", kind, answer));
}

const char *right(struct place *place, struct muster_stream *stream)
{
	return verdict(answer(place, stream, "qa", "green"));
}

/* As a client does it: from the label that it is shown. */
const char *work(const char *prefix, const char *label)
{
	static char found[128];
	unsigned long wanted = strtoul(label, NULL, 16), mask = 1;
	unsigned char digest[32];
	unsigned long last;

	while (mask <= wanted)
		mask <<= 1;
	for (unsigned long i = 0; true; i++) {
		snprintf(found, sizeof(found), "%s%lX", prefix, i);
		EVP_Digest(found, strlen(found), digest, NULL, EVP_sha256(), NULL);
		last = (unsigned long)digest[28] << 24 | (unsigned long)digest[29] << 16 |
		       (unsigned long)digest[30] << 8 | digest[31];
		if ((last & (mask - 1)) == wanted)
			return found;
	}
}

const char *label_of(const struct muster_stream *stream)
{
	static char label[16];

	snprintf(label, sizeof(label), "%x", (unsigned)stream->challenge->label);
	return label;
}
