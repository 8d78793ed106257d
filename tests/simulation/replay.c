/* replay.c -- a queue of who comes next, and what they do about the answer. */
#include "replay.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE = 60, DAY = 86400 };

struct person {
	struct visitor visitor; /* a copy, for it changes */
	bool told_to_wait;
};

struct call {
	int64_t at_s;
	size_t index; /* of the visitor; breaks ties */
};

struct queue {
	struct call *calls;
	size_t count;
};

/* --- the queue: a heap --- */

static bool is_before(const struct call *one, const struct call *other)
{
	return one->at_s != other->at_s ? one->at_s < other->at_s : one->index < other->index;
}

static void swap(struct call *one, struct call *other)
{
	struct call kept = *one;

	*one = *other;
	*other = kept;
}

static void push(struct queue *queue, struct call call)
{
	size_t at = queue->count++;

	queue->calls[at] = call;
	for (; at > 0 && is_before(&queue->calls[at], &queue->calls[(at - 1) / 2]); at = (at - 1) / 2)
		swap(&queue->calls[at], &queue->calls[(at - 1) / 2]);
}

static struct call pop(struct queue *queue)
{
	struct call first = queue->calls[0];
	size_t at = 0;

	queue->calls[0] = queue->calls[--queue->count];
	for (;;) {
		size_t least = at;

		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < queue->count; child++)
			if (is_before(&queue->calls[child], &queue->calls[least]))
				least = child;
		if (least == at)
			return first;
		swap(&queue->calls[at], &queue->calls[least]);
		at = least;
	}
}

/* --- what people do --- */

/* People are not machines: half a minute to fill in a form again, and not on the second. */
static int64_t dawdle(struct person *person)
{
	return generator_between(&person->visitor.generator, 10, MINUTE);
}

/* After how long they come back; less than 0 if never. Where nobody tells them, they try every half hour. */
static int64_t react(struct person *person, const struct answer *answer)
{
	switch (answer->verdict) {
	case VERDICT_OTHER_NAME:
		visitor_choose_name(&person->visitor);
		return dawdle(person);
	case VERDICT_OTHER_PASSWORD:
		visitor_choose_password(&person->visitor);
		return dawdle(person);
	case VERDICT_LATER:
		person->told_to_wait = true;
		return (answer->wait_s > 0 ? answer->wait_s : 30 * MINUTE) + dawdle(person);
	default:
		return -1;
	}
}

/* --- counting --- */

static void *take(size_t count, size_t size)
{
	void *taken = calloc(count + 1, size);

	if (!taken)
		abort();
	return taken;
}

static void count_in(struct tally *tally, const struct person *person, int64_t delay_s)
{
	tally->made++;
	if (is_honest(person->visitor.origin) && person->told_to_wait)
		tally->delays_s[tally->delayed++] = delay_s;
}

static void count_effort(struct tally *tally, const struct answer *answer)
{
	tally->solved += answer->solved;
	tally->hashes += answer->hashes;
}

static void begin_score(struct score *score, const struct wave *wave)
{
	*score = (struct score){ .attempts = 0 };
	for (size_t i = 0; i < wave->count; i++) {
		score->of[wave->visitors[i].origin].visitors++;
		(is_honest(wave->visitors[i].origin) ? &score->people : &score->bots)->visitors++;
	}
	for (enum origin origin = 0; origin < ORIGIN_COUNT; origin++)
		score->of[origin].delays_s = take(score->of[origin].visitors, sizeof(int64_t));
	score->people.delays_s = take(score->people.visitors, sizeof(int64_t));
	score->bots.delays_s = take(0, sizeof(int64_t));
}

static int compare(const void *one, const void *other)
{
	int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;

	return (a > b) - (a < b);
}

static void end_tally(struct tally *tally)
{
	tally->refused = tally->visitors - tally->made;
	qsort(tally->delays_s, tally->delayed, sizeof(int64_t), compare);
}

int64_t tally_median_s(const struct tally *tally)
{
	return tally->delayed > 0 ? tally->delays_s[tally->delayed / 2] : 0;
}

int64_t tally_longest_s(const struct tally *tally)
{
	return tally->delayed > 0 ? tally->delays_s[tally->delayed - 1] : 0;
}

void score_clear(struct score *score)
{
	for (enum origin origin = 0; origin < ORIGIN_COUNT; origin++)
		free(score->of[origin].delays_s);
	free(score->people.delays_s);
	free(score->bots.delays_s);
}

/* --- the day --- */

static struct answer knock(struct door *door, struct person *person, int64_t at_s, unsigned bots_solve)
{
	char address[ADDRESS_SIZE];
	const struct attempt attempt = { address, person->visitor.username, person->visitor.password, at_s,
		                         is_honest(person->visitor.origin) ? UINT_MAX : bots_solve };

	visitor_address(&person->visitor, address);
	return door->knock(door, &attempt);
}

void replay(const struct wave *wave, struct door *door, unsigned bots_solve, struct score *score)
{
	struct person *persons = take(wave->count, sizeof(*persons));
	struct queue queue = { take(wave->count, sizeof(struct call)), 0 };

	begin_score(score, wave);
	for (size_t i = 0; i < wave->count; i++) {
		persons[i].visitor = wave->visitors[i];
		push(&queue, (struct call){ wave->visitors[i].at_s, i });
	}
	while (queue.count > 0) {
		struct call call = pop(&queue);
		struct person *person = &persons[call.index];
		struct answer answer = knock(door, person, call.at_s, bots_solve);
		int64_t first_s = person->visitor.at_s, again_s;

		score->attempts++;
		count_effort(&score->of[person->visitor.origin], &answer);
		count_effort(is_honest(person->visitor.origin) ? &score->people : &score->bots, &answer);
		if (answer.verdict == VERDICT_MADE) {
			count_in(&score->of[person->visitor.origin], person, call.at_s - first_s);
			count_in(is_honest(person->visitor.origin) ? &score->people : &score->bots, person,
			         call.at_s - first_s);
			continue;
		}
		again_s = is_honest(person->visitor.origin) ? react(person, &answer) : -1;
		if (again_s >= 0 && call.at_s + again_s <= first_s + DAY)
			push(&queue, (struct call){ call.at_s + again_s, call.index });
	}
	for (enum origin origin = 0; origin < ORIGIN_COUNT; origin++)
		end_tally(&score->of[origin]);
	end_tally(&score->people);
	end_tally(&score->bots);
	score->judged_s = door->judged_s;
	free(queue.calls);
	free(persons);
}
