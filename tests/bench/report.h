/* report.h -- the outcome of a run, as one line of JSON. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "bystander.h"
#include "crowd.h"

/* bystander may be NULL. */
void report_print(const struct crowd *crowd, const struct bystander *bystander);

#endif
