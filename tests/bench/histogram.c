/* histogram.c -- logarithmic buckets, each power of two cut into equal steps. */
#include "histogram.h"

/* Values below 128 us have a bucket each; above, the top eight bits choose the bucket. */
static size_t bucket_of(uint64_t us)
{
	int shift = 0;
	size_t bucket;

	if (us >= HISTOGRAM_SUBS)
		shift = 63 - __builtin_clzll(us) - HISTOGRAM_SUB_BITS;
	bucket = (size_t)shift * HISTOGRAM_SUBS + (size_t)(us >> shift);
	return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The middle of a bucket, so that rounding favours neither side. */
static double value_of(size_t bucket)
{
	size_t shift = 0;

	if (bucket >= 2 * HISTOGRAM_SUBS)
		shift = bucket / HISTOGRAM_SUBS - 1;
	return ((double)(bucket - shift * HISTOGRAM_SUBS) + 0.5) * (double)(UINT64_C(1) << shift);
}

void histogram_add(struct histogram *histogram, int64_t latency_ns)
{
	uint64_t us = latency_ns > 0 ? (uint64_t)latency_ns / 1000 : 0;

	histogram->count++;
	histogram->sum_us += latency_ns > 0 ? (double)latency_ns / 1000.0 : 0;
	if (us > histogram->max_us)
		histogram->max_us = us;
	histogram->buckets[bucket_of(us)]++;
}

double histogram_quantile_ms(const struct histogram *histogram, double share)
{
	double wanted = share * (double)histogram->count;
	uint64_t seen = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen > 0 && (double)seen >= wanted) {
			double ms = value_of(i) / 1000.0;

			return ms < histogram_max_ms(histogram) ? ms : histogram_max_ms(histogram);
		}
	}
	return 0;
}

double histogram_mean_ms(const struct histogram *histogram)
{
	return histogram->count > 0 ? histogram->sum_us / (double)histogram->count / 1000.0 : 0;
}

double histogram_max_ms(const struct histogram *histogram)
{
	return (double)histogram->max_us / 1000.0;
}
