#include "fs/signer.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <time.h>

static void count(void *context)
{
	atomic_fetch_add((atomic_uint *)context, 1);
}

static void wait_ms(long ms)
{
	const struct timespec time = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

/* At most five seconds. */
static bool comes_to(atomic_uint *signed_times, unsigned wanted)
{
	for (unsigned i = 0; i < 500; i++) {
		if (atomic_load(signed_times) >= wanted)
			return true;
		wait_ms(10);
	}
	return false;
}

Test(signer, signs_once_for_what_was_written_within_a_tenth_of_a_second)
{
	atomic_uint times = 0;
	struct signer *signer = NULL;

	cr_assert_eq(signer_new(count, &times, &signer), 0);
	wait_ms(150);
	cr_expect_eq(atomic_load(&times), 0, "nothing was written");
	for (unsigned i = 0; i < 10; i++)
		signer_wake(signer);
	cr_expect(comes_to(&times, 1));
	wait_ms(300);
	cr_expect_eq(atomic_load(&times), 1);
	signer_wake(signer);
	cr_expect(comes_to(&times, 2));
	signer_free(signer);
}

Test(signer, much_is_signed_at_once)
{
	atomic_uint times = 0;
	struct signer *signer = NULL;
	struct timespec before, after;

	cr_assert_eq(signer_new(count, &times, &signer), 0);
	clock_gettime(CLOCK_MONOTONIC, &before);
	for (unsigned round = 1; round <= 20; round++) {
		for (unsigned i = 0; i < 4096; i++)
			signer_wake(signer);
		cr_assert(comes_to(&times, round));
	}
	clock_gettime(CLOCK_MONOTONIC, &after);
	cr_expect_lt(after.tv_sec - before.tv_sec, 2, "not a tenth of a second for each");
	signer_free(signer);
}

Test(signer, ends_also_while_something_waits)
{
	atomic_uint times = 0;
	struct signer *signer = NULL;

	cr_assert_eq(signer_new(count, &times, &signer), 0);
	signer_wake(signer);
	cr_assert_null(signer_free(signer));
	cr_assert_null(signer_free(NULL));
}
