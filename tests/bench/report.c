/* report.c -- printing. Names of conditions are XML names or our own words, so nothing needs escaping. */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock.h"

static void print_failures(const struct tally *failures)
{
	printf("\"failed\": %" PRIu64 ", \"conditions\": {", failures->total);
	for (size_t i = 0; i < failures->names; i++)
		printf("%s\"%s\": %" PRIu64, i > 0 ? ", " : "", failures->rows[i].name, failures->rows[i].count);
	printf("}");
}

static void print_latencies(const char *name, const struct histogram *latencies)
{
	printf(", \"%s\": {\"count\": %" PRIu64 ", \"mean\": %.3f, \"p50\": %.3f, \"p95\": %.3f, \"p99\": %.3f, "
	       "\"max\": %.3f}",
	       name, latencies->count, histogram_mean_ms(latencies), histogram_quantile_ms(latencies, 0.5),
	       histogram_quantile_ms(latencies, 0.95), histogram_quantile_ms(latencies, 0.99),
	       histogram_max_ms(latencies));
}

void report_print(const struct crowd *crowd, const struct bystander *bystander)
{
	double seconds = (double)(crowd->ended_ns - crowd->began_ns) / (double)SECOND_NS;

	printf("{\"done\": %" PRIu64 ", ", crowd->latencies.count);
	print_failures(&crowd->failures);
	printf(", \"seconds\": %.3f, \"per_second\": %.1f", seconds,
	       seconds > 0 ? (double)crowd->latencies.count / seconds : 0);
	print_latencies("latency_ms", &crowd->latencies);
	if (bystander) {
		print_latencies("bystander_ms", &bystander->latencies);
		if (bystander->failure)
			printf(", \"bystander_failure\": \"%s\"", bystander->failure);
	}
	printf("}\n");
}
