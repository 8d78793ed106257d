/* queue.c -- bounds, turns and shares. */
#include "engine/queue.h"

static const double longest_wait_s = 5;      /* of admitted work */
static const double first_guess_ns = 2e6;    /* two derivations of 10000 iterations */
static const double weight_of_the_new = 0.1; /* in the moving average */

enum {
	ROOM_MIN = 64,       /* tasks, however slow the machine */
	SHARE_OF_ROOM = 4,   /* one address may have a quarter */
	SHARE_HASH_BITS = 10 /* MUSTER_SHARES is 2 to this */
};

void muster_list_add(struct muster_list *list, struct muster_task *task)
{
	task->next = NULL;
	if (list->last)
		list->last->next = task;
	else
		list->first = task;
	list->last = task;
}

struct muster_task *muster_list_take(struct muster_list *list)
{
	struct muster_task *task = list->first;

	if (task)
		list->first = task->next;
	if (!list->first)
		list->last = NULL;
	return task;
}

void muster_list_move(struct muster_list *list, struct muster_list *from)
{
	if (!from->first)
		return;
	if (list->last)
		list->last->next = from->first;
	else
		list->first = from->first;
	list->last = from->last;
	from->first = from->last = NULL;
}

void muster_queue_init(struct muster_queue *queue, unsigned threads)
{
	*queue = (struct muster_queue){ .threads = threads, .cost_ns = first_guess_ns };
}

static uint32_t *share_of(struct muster_queue *queue, uint64_t prefix)
{
	return &queue->shares[prefix * 0x9e3779b97f4a7c15 >> (64 - SHARE_HASH_BITS)];
}

static size_t room(const struct muster_queue *queue)
{
	double tasks = longest_wait_s * 1e9 * queue->threads / queue->cost_ns;

	return tasks > ROOM_MIN ? (size_t)tasks : ROOM_MIN;
}

/* Work of no address is the host's own and not held against anybody. */
int muster_queue_admit(struct muster_queue *queue, uint64_t prefix)
{
	size_t most = room(queue);

	if (queue->admitted >= most || (prefix != 0 && *share_of(queue, prefix) >= most / SHARE_OF_ROOM))
		return MUSTER_BUSY;
	queue->admitted++;
	++*share_of(queue, prefix);
	return MUSTER_OK;
}

void muster_queue_dismiss(struct muster_queue *queue, uint64_t prefix)
{
	queue->admitted--;
	--*share_of(queue, prefix);
}

void muster_queue_add(struct muster_queue *queue, struct muster_task *task, enum muster_lane lane)
{
	muster_list_add(&queue->lanes[lane], task);
	queue->waiting++;
}

static struct muster_task *next(struct muster_queue *queue)
{
	struct muster_task *task = NULL;

	for (int turns = 0; !task && turns < MUSTER_LANE_COUNT; turns++) {
		task = muster_list_take(&queue->lanes[queue->next_lane]);
		queue->next_lane = (queue->next_lane + 1) % MUSTER_LANE_COUNT;
	}
	return task;
}

size_t muster_queue_take(struct muster_queue *queue, struct muster_task *tasks[], size_t least, size_t most)
{
	size_t share = (queue->waiting + queue->threads - 1) / queue->threads, count = 0;

	if (share > most)
		share = most;
	if (share < least)
		share = queue->waiting > 0 ? 1 : 0;
	while (count < share)
		tasks[count++] = next(queue);
	queue->waiting -= count;
	return count;
}

void muster_queue_empty(struct muster_queue *queue, struct muster_list *list)
{
	for (int lane = 0; lane < MUSTER_LANE_COUNT; lane++)
		muster_list_move(list, &queue->lanes[lane]);
	queue->waiting = 0;
}

void muster_queue_learn(struct muster_queue *queue, double cost_ns)
{
	queue->cost_ns += (cost_ns - queue->cost_ns) * weight_of_the_new;
}

double muster_queue_seconds(const struct muster_queue *queue)
{
	return (double)queue->admitted * queue->cost_ns / 1e9 / queue->threads;
}
