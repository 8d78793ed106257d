/* guard.c -- queues of those who prove something. */
#include "policy/guard.h"

#include "base/memory.h"
#include "muster/policy.h"
#include "policy/host.h"

enum { LISTS = 512, SECOND_US = 1000000, LONGEST_S = 10 * 366 * 86400 };

/* How long a queue is remembered when nobody stands in it: by then the store knows what there is to know. */
enum { LINGER_US = 5 * SECOND_US };

struct queue {
	struct queue *next;
	uint64_t id;
	uint64_t level;
	int64_t level_at_us; /* when it was that */
	int64_t due_us;      /* when the next proof is looked at */
	int64_t touched_us;
	unsigned standing;
};

struct muster_guard {
	struct queue *lists[LISTS];
};

/* --- the option --- */

void muster_guard_default(struct muster_guard_rules *rules)
{
	*rules = (struct muster_guard_rules){
		.longest_s = 60, .account = 0, .network = 10, .forget_s = 300, .known_s = 30 * 86400
	};
}

static int set_period(const struct muster_setting *setting, const struct muster_value *value, int64_t *period_s)
{
	int error = muster_setting_period(setting, value, period_s);

	if (error == MUSTER_OK && (*period_s <= 0 || *period_s > LONGEST_S))
		error = muster_setting_refuse(setting, value,
		                              "a period of a second to ten years, such as \"5 minutes\"");
	return error;
}

static int set_key(const struct muster_setting *setting, const struct muster_item *item,
                   struct muster_guard_rules *rules)
{
	if (muster_text_is_c(item->key, "longest"))
		return muster_setting_number(setting, &item->value, 1, 3600, &rules->longest_s);
	if (muster_text_is_c(item->key, "account"))
		return muster_setting_number(setting, &item->value, 0, 1000, &rules->account);
	if (muster_text_is_c(item->key, "network"))
		return muster_setting_number(setting, &item->value, 0, 1000, &rules->network);
	if (muster_text_is_c(item->key, "forget"))
		return set_period(setting, &item->value, &rules->forget_s);
	if (muster_text_is_c(item->key, "known"))
		return set_period(setting, &item->value, &rules->known_s);
	return muster_setting_refuse_key(setting, item->key, "longest, account, network, forget, known");
}

int muster_guard_set(const struct muster_setting *setting)
{
	struct muster_guard_rules *rules = &setting->host->guesses;
	const struct muster_value *value = setting->value;
	int error = MUSTER_OK;

	muster_guard_default(rules);
	rules->off = value->kind == MUSTER_BOOLEAN && !value->boolean;
	if (rules->off)
		return MUSTER_OK;
	if (value->kind != MUSTER_TABLE)
		return muster_setting_refuse(setting, value,
		                             "a table such as { longest = 60, forget = \"5 minutes\" }, or false");
	for (size_t i = 0; i < value->count && error == MUSTER_OK; i++)
		error = set_key(setting, &value->items[i], rules);
	return error;
}

/* --- time --- */

static uint32_t free_of(const struct muster_guard_rules *rules, enum muster_guess_kind kind)
{
	return kind == MUSTER_GUESS_NETWORK ? rules->network : rules->account;
}

/* Between two proofs, when so many were wrong. */
static int64_t delay_us(const struct muster_guard_rules *rules, enum muster_guess_kind kind, uint64_t wrong)
{
	uint64_t free = free_of(rules, kind), seconds;

	if (wrong <= free)
		return 0;
	seconds = wrong - free > 12 ? rules->longest_s : UINT64_C(1) << (wrong - free - 1);
	return (int64_t)(seconds < rules->longest_s ? seconds : rules->longest_s) * SECOND_US;
}

uint64_t muster_guard_most(const struct muster_guard_rules *rules, enum muster_guess_kind kind)
{
	uint64_t most = free_of(rules, kind) + MUSTER_GUESSES_TOLD;

	while (delay_us(rules, kind, most) < (int64_t)rules->longest_s * SECOND_US)
		most++;
	return (most + 1) * MUSTER_GUESS_ONE;
}

static uint64_t count_of(uint64_t level)
{
	return (level + MUSTER_GUESS_ONE / 2) / MUSTER_GUESS_ONE;
}

int64_t muster_guess_wait_s(const struct muster_host *host, const struct muster_guess *guess,
                            const struct muster_guess_state *state, int64_t now_s)
{
	int64_t delay_s = delay_us(&host->guesses, guess->kind, count_of(state->level)) / SECOND_US;

	return host->guesses.off || state->at_s + delay_s <= now_s ? 0 : state->at_s + delay_s - now_s;
}

/* --- queues --- */

struct muster_guard *muster_guard_new(void)
{
	return muster_allocate_zeroed(1, sizeof(struct muster_guard));
}

void muster_guard_clear(struct muster_guard *guard)
{
	for (size_t i = 0; i < LISTS; i++)
		while (guard->lists[i]) {
			struct queue *queue = guard->lists[i];

			guard->lists[i] = queue->next;
			muster_free(queue);
		}
}

void muster_guard_free(struct muster_guard *guard)
{
	if (guard)
		muster_guard_clear(guard);
	muster_free(guard);
}

static bool is_over(const struct queue *queue, int64_t now_us)
{
	return queue->standing == 0 && queue->due_us <= now_us &&
	       (queue->level == 0 || queue->touched_us + LINGER_US <= now_us);
}

/* Forget those of an id's list that are over. */
static void sweep(struct muster_guard *guard, uint64_t id, int64_t now_us)
{
	struct queue **link = &guard->lists[id % LISTS];

	while (*link) {
		struct queue *queue = *link;

		if (is_over(queue, now_us)) {
			*link = queue->next;
			muster_free(queue);
		} else {
			link = &queue->next;
		}
	}
}

static struct queue *find(const struct muster_guard *guard, uint64_t id)
{
	struct queue *queue = guard->lists[id % LISTS];

	while (queue && queue->id != id)
		queue = queue->next;
	return queue;
}

static struct queue *add(struct muster_guard *guard, const struct muster_guard_rules *rules,
                         const struct muster_ticket *ticket, int64_t now_us)
{
	const struct muster_guess_state *state = &ticket->state;
	struct queue *queue = muster_allocate_zeroed(1, sizeof(*queue));
	int64_t most_us = now_us + (int64_t)rules->longest_s * SECOND_US;

	if (!queue)
		return NULL;
	queue->id = ticket->id;
	queue->level = state->level;
	queue->level_at_us = queue->touched_us = now_us;
	queue->due_us = state->at_s * SECOND_US + delay_us(rules, ticket->kind, count_of(state->level));
	if (queue->due_us > most_us) /* the clock was set back */
		queue->due_us = most_us;
	queue->next = guard->lists[ticket->id % LISTS];
	guard->lists[ticket->id % LISTS] = queue;
	return queue;
}

static void forget(const struct muster_guard_rules *rules, struct queue *queue, int64_t now_us)
{
	int64_t since_us = now_us > queue->level_at_us ? now_us - queue->level_at_us : 0;
	uint64_t gone = (uint64_t)(since_us / (rules->forget_s * SECOND_US / MUSTER_GUESS_ONE));

	queue->level -= gone < queue->level ? gone : queue->level;
	queue->level_at_us += (int64_t)gone * (rules->forget_s * SECOND_US / MUSTER_GUESS_ONE);
}

/* Those before this one count as wrong as long as it is not known better. From where nothing was wrong many may come at
 * once, such as all the devices behind one address when a server has started. */
static uint64_t wrong_with(const struct queue *queue, const struct muster_ticket *ticket)
{
	uint64_t wrong = count_of(queue->level);

	return wrong > 0 || ticket->kind == MUSTER_GUESS_ACCOUNT ? wrong + queue->standing : wrong;
}

static void stand(const struct muster_guard_rules *rules, struct queue *queue, struct muster_ticket *ticket,
                  int64_t turn_us)
{
	int64_t until_us;

	queue->standing++;
	until_us = turn_us + delay_us(rules, ticket->kind, wrong_with(queue, ticket));
	ticket->held = true;
	ticket->before_us = queue->due_us;
	ticket->until_us = queue->due_us = until_us > queue->due_us ? until_us : queue->due_us;
}

/* Find or begin the queues of the tickets, and whose turn would be when. */
static int find_all(struct muster_guard *guard, const struct muster_guard_rules *rules, struct muster_ticket *tickets,
                    size_t count, int64_t now_us, struct queue **queues, int64_t *turn_us)
{
	*turn_us = now_us;
	for (size_t i = 0; i < count; i++) {
		queues[i] = find(guard, tickets[i].id);
		if (!queues[i])
			queues[i] = add(guard, rules, &tickets[i], now_us);
		if (!queues[i])
			return MUSTER_NO_MEMORY;
		forget(rules, queues[i], now_us);
		tickets[i].state.level = queues[i]->level;
		if (queues[i]->due_us > *turn_us)
			*turn_us = queues[i]->due_us;
	}
	return *turn_us - now_us > (int64_t)rules->longest_s * SECOND_US ? MUSTER_BUSY : MUSTER_OK;
}

static void sweep_all(struct muster_guard *guard, const struct muster_ticket *tickets, size_t count, int64_t now_us)
{
	for (size_t i = 0; i < count; i++)
		sweep(guard, tickets[i].id, now_us);
}

int muster_guard_join(struct muster_guard *guard, const struct muster_guard_rules *rules, struct muster_ticket *tickets,
                      size_t count, int64_t now_us, int64_t *wait_us)
{
	struct queue *queues[MUSTER_TICKETS_MAX];
	int64_t turn_us;
	int error;

	sweep_all(guard, tickets, count, now_us);
	error = find_all(guard, rules, tickets, count, now_us, queues, &turn_us);
	if (error != MUSTER_OK) {
		sweep_all(guard, tickets, count, now_us);
		return error;
	}
	for (size_t i = 0; i < count; i++)
		stand(rules, queues[i], &tickets[i], turn_us);
	*wait_us = turn_us - now_us;
	return MUSTER_OK;
}

static void count_wrong(const struct muster_guard_rules *rules, struct queue *queue, enum muster_guess_kind kind,
                        int64_t now_us)
{
	uint64_t most = muster_guard_most(rules, kind);
	int64_t due_us;

	queue->level = queue->level + MUSTER_GUESS_ONE < most ? queue->level + MUSTER_GUESS_ONE : most;
	due_us = now_us + delay_us(rules, kind, count_of(queue->level));
	if (due_us > queue->due_us)
		queue->due_us = due_us;
}

static void make_up(struct queue *queue, int64_t now_us)
{
	queue->level = 0;
	if (queue->standing == 0 && queue->due_us > now_us)
		queue->due_us = now_us;
}

void muster_guard_leave(struct muster_guard *guard, const struct muster_guard_rules *rules,
                        struct muster_ticket *tickets, size_t count, int64_t now_us, enum muster_guess_outcome outcome)
{
	for (size_t i = 0; i < count; i++) {
		struct queue *queue = tickets[i].held ? find(guard, tickets[i].id) : NULL;

		tickets[i].held = false;
		if (!queue)
			continue;
		queue->standing--;
		queue->touched_us = now_us;
		if (outcome == MUSTER_GUESS_WRONG)
			count_wrong(rules, queue, tickets[i].kind, now_us);
		else if (queue->due_us == tickets[i].until_us)
			queue->due_us = tickets[i].before_us;
		if (outcome == MUSTER_GUESS_RIGHT && tickets[i].kind == MUSTER_GUESS_KNOWN)
			make_up(queue, now_us);
		sweep(guard, tickets[i].id, now_us);
	}
}
