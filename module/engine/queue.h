/* queue.h -- tasks waiting for a hash worker: lanes that take turns, under bounds. Locked by its owner. */
#ifndef MUSTER_ENGINE_QUEUE_H
#define MUSTER_ENGINE_QUEUE_H

#include "muster/engine.h"

struct muster_list {
	struct muster_task *first, *last;
};

void muster_list_add(struct muster_list *list, struct muster_task *task);
struct muster_task *muster_list_take(struct muster_list *list);            /* NULL when empty */
void muster_list_move(struct muster_list *list, struct muster_list *from); /* all of it, to the end */

enum { MUSTER_SHARES = 1024 };

struct muster_queue {
	struct muster_list lanes[MUSTER_LANE_COUNT];
	enum muster_lane next_lane;
	unsigned threads;
	double cost_ns;                 /* of one task, a moving average */
	size_t waiting;                 /* tasks in the lanes */
	size_t admitted;                /* tasks between admission and dismissal, wherever they are */
	uint32_t shares[MUSTER_SHARES]; /* the same by address, those that fall together counting together */
};

void muster_queue_init(struct muster_queue *queue, unsigned threads);

/* Is there room for a task from this address? Counts it if so. Returns MUSTER_OK or MUSTER_BUSY. */
int muster_queue_admit(struct muster_queue *queue, uint64_t prefix);

/* A task has left. */
void muster_queue_dismiss(struct muster_queue *queue, uint64_t prefix);

void muster_queue_add(struct muster_queue *queue, struct muster_task *task, enum muster_lane lane);

/* Take tasks, the lanes taking turns: one, or a worker's share of what waits, up to `most`, where that is at least
 * `least`. Returns how many, 0 when nothing waits. */
size_t muster_queue_take(struct muster_queue *queue, struct muster_task *tasks[], size_t least, size_t most);

/* Take all that waits, to the end of `list`. */
void muster_queue_empty(struct muster_queue *queue, struct muster_list *list);

/* A task took this long to derive. */
void muster_queue_learn(struct muster_queue *queue, double cost_ns);

/* How long what is admitted will take. */
double muster_queue_seconds(const struct muster_queue *queue);

#endif
