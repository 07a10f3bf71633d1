#include "fs/handover.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "store/source.h"

static struct secret_pool *pool;
static struct identity identity;

static void setup(void)
{
	cr_assert_eq(secret_pool_new(1 << 20, &pool), 0);
	cr_assert_eq(recipient_generate(pool, &identity.host), 0);
}

static void teardown(void)
{
	identity_done(&identity);
	pool = secret_pool_free(pool);
}

TestSuite(handover, .init = setup, .fini = teardown);

Test(handover, holds_an_identity_for_whoever_reads_it)
{
	CLEANUP_CLOSE int fd = -1;
	struct source source = {.kind = SOURCE_DESCRIPTOR};

	cr_assert_eq(handover_new(&fd), 0);
	cr_assert_eq(handover_keep(fd), 0);
	cr_expect_not(handover_is_full(fd));
	cr_assert_eq(handover_fill(fd, &identity), 0);
	cr_expect(handover_is_full(fd));
	source.descriptor = fd;
	for (int i = 0; i < 2; i++) {
		CLEANUP_IDENTITY struct identity loaded = {0};

		cr_assert_eq(source_load(pool, &source, NULL, &loaded), 0);
		cr_expect_eq(memcmp(recipient_seed(loaded.host), recipient_seed(identity.host),
				    RECIPIENT_SEED_SIZE),
			     0);
	}
}

Test(handover, that_is_full_is_never_changed)
{
	CLEANUP_CLOSE int fd = -1;

	cr_assert_eq(handover_new(&fd), 0);
	cr_assert_eq(handover_fill(fd, &identity), 0);
	cr_expect_eq(handover_fill(fd, &identity), -EPERM);
	cr_expect_eq(pwrite(fd, "x", 1, 0), -1);
	cr_expect_eq(ftruncate(fd, 0), -1);
	cr_expect_eq(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	cr_expect(handover_is_full(fd));
}

Test(handover, that_nobody_has_filled_is_no_identity)
{
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_CLOSE int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct identity loaded = {0};

	cr_assert_eq(handover_new(&fd), 0);
	cr_expect_eq(source_load(pool,
				 &(struct source){.kind = SOURCE_DESCRIPTOR, .descriptor = fd},
				 NULL, &loaded),
		     -EBADMSG);
	cr_expect_not(handover_is_full(fd));
	cr_expect_not(handover_is_full(file));
}
