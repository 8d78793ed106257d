/* histogram.h -- latencies in fixed memory: quantiles within 1/128 of the value, count, mean and maximum exact. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
	HISTOGRAM_SUB_BITS = 7, /* steps of a power of two: 128 */
	HISTOGRAM_SUBS = 1 << HISTOGRAM_SUB_BITS,
	HISTOGRAM_BUCKETS = HISTOGRAM_SUBS * 34 /* up to 2^40 us, and all above in the last */
};

struct histogram {
	uint64_t count;
	double sum_us;
	uint64_t max_us;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, int64_t latency_ns);

/* Milliseconds; 0 when nothing was added. `share` is 0..1, 0.5 being the median. */
double histogram_quantile_ms(const struct histogram *histogram, double share);
double histogram_mean_ms(const struct histogram *histogram);
double histogram_max_ms(const struct histogram *histogram);

#endif
