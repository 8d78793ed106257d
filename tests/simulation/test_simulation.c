/* test_simulation.c -- what an operator may rely on when a spam wave comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "standard.h"

static struct score scores[STANDARD_COMPARED];
static bool ran[STANDARD_COMPARED];

static int run_all(void **state)
{
	struct wave wave;

	(void)state;
	wave_make(&wave, STANDARD_SEED);
	contest_print_head(stdout);
	for (size_t i = 0; i < STANDARD_COMPARED; i++) {
		ran[i] = contest_run(&wave, &standard_entrants[i], &scores[i]);
		contest_print_row(stdout, standard_entrants[i].name, ran[i] ? &scores[i] : NULL);
	}
	wave_clear(&wave);
	return 0;
}

static int clear_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < STANDARD_COMPARED; i++)
		if (ran[i])
			score_clear(&scores[i]);
	return 0;
}

static void test_everybody_comes(void **state)
{
	(void)state;
	assert_int_equal(scores[STANDARD_DEFAULT].bots.visitors, 10000);
	assert_int_equal(scores[STANDARD_DEFAULT].people.visitors, 200);
}

static void test_the_sample_policy_keeps_most_bots_out(void **state)
{
	const struct tally *bots = &scores[STANDARD_SAMPLE].bots;

	(void)state;
	assert_in_range(bots->made, 1, scores[STANDARD_DEFAULT].bots.made / 4);
	assert_true(bots->made * 5 < bots->visitors);
}

static void test_nobody_honest_is_refused_for_good(void **state)
{
	(void)state;
	assert_int_equal(scores[STANDARD_DEFAULT].people.refused, 0);
	assert_int_equal(scores[STANDARD_SAMPLE].people.refused, 0);
}

/* Whoever shares no address with others waits for nobody but the whole server's limit, and at an exempt address not
 * even for that. */
static void test_people_at_home_do_not_wait_for_long(void **state)
{
	const struct score *defaults = &scores[STANDARD_DEFAULT], *sample = &scores[STANDARD_SAMPLE];

	(void)state;
	assert_int_equal(defaults->of[ORIGIN_HOME].delayed + defaults->of[ORIGIN_HOME_6].delayed, 0);
	assert_in_range(tally_longest_s(&sample->of[ORIGIN_HOME]), 0, 4 * 3600);
	assert_in_range(tally_longest_s(&sample->of[ORIGIN_HOME_6]), 0, 4 * 3600);
	assert_int_equal(sample->of[ORIGIN_UNIVERSITY].delayed, 0);
}

/* New addresses of one IPv6 network are no new networks. */
static void test_rotating_addresses_gain_nothing(void **state)
{
	(void)state;
	assert_true(scores[STANDARD_DEFAULT].of[ORIGIN_HOST_6].made <
	            scores[STANDARD_DEFAULT].of[ORIGIN_HOST_6].visitors);
	assert_true(scores[STANDARD_SAMPLE].of[ORIGIN_SITE_6].made * 2 <
	            scores[STANDARD_SAMPLE].of[ORIGIN_SITE_6].visitors);
}

/* With a question beside proof of work in a wave, and bots that read no questions, there is less spam and fewer people
 * wait; nobody is kept out by it. */
static void test_challenges(void **state)
{
	const struct score *sample = &scores[STANDARD_SAMPLE], *asked = &scores[STANDARD_WORKING];

	(void)state;
	assert_true(asked->bots.made * 3 < sample->bots.made);
	assert_true(asked->people.delayed < sample->people.delayed);
	assert_int_equal(asked->people.refused, 0);
	assert_true(asked->people.solved >= asked->people.visitors);
	assert_int_equal(sample->people.solved, 0);
}

static void test_better_than_stock(void **state)
{
	(void)state;
	if (!ran[STANDARD_STOCK]) {
		print_message("skipped: there is no Prosody here\n");
		skip();
	}
	assert_true(scores[STANDARD_DEFAULT].bots.made < scores[STANDARD_STOCK].bots.made);
	assert_true(scores[STANDARD_SAMPLE].bots.made * 4 < scores[STANDARD_STOCK].bots.made);
	assert_true(scores[STANDARD_SAMPLE].bots.made < scores[STANDARD_STOCK_BLOCKING].bots.made);
	assert_true(scores[STANDARD_SAMPLE].people.refused <= scores[STANDARD_STOCK].people.refused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everybody_comes),
		cmocka_unit_test(test_the_sample_policy_keeps_most_bots_out),
		cmocka_unit_test(test_nobody_honest_is_refused_for_good),
		cmocka_unit_test(test_people_at_home_do_not_wait_for_long),
		cmocka_unit_test(test_rotating_addresses_gain_nothing),
		cmocka_unit_test(test_challenges),
		cmocka_unit_test(test_better_than_stock),
	};

	return cmocka_run_group_tests(tests, run_all, clear_all);
}
