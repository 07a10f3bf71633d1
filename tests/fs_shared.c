#include "fs/shared.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>

Test(shared, is_one_memory_for_all_who_map_it)
{
	CLEANUP_CLOSE int descriptor = -1;
	struct shared *page = NULL;
	struct shared *whole = NULL;
	uint8_t *last;

	cr_assert_eq(shared_new(&descriptor), 0);
	cr_assert_eq(shared_map(descriptor, SHARED_PAGE, &page), 0);
	cr_assert_eq(shared_map(descriptor, shared_size(), &whole), 0);
	page->handling = 7;
	cr_expect_eq(whole->handling, 7);
	last = (uint8_t *)whole + shared_size() - 1;
	*last = 1;
	cr_expect_eq(*last, 1);
	shared_unmap(page, SHARED_PAGE);
	shared_unmap(whole, shared_size());
}

Test(shared, of_another_layout_or_size_is_refused)
{
	CLEANUP_CLOSE int descriptor = -1;
	CLEANUP_CLOSE int small = memfd_create("small", MFD_CLOEXEC);
	const uint64_t layout = SHARED_LAYOUT + 1;
	struct shared *page = NULL;

	cr_assert_eq(shared_new(&descriptor), 0);
	cr_assert_eq(pwrite(descriptor, &layout, sizeof layout, 0), (ssize_t)sizeof layout);
	cr_expect_eq(shared_map(descriptor, SHARED_PAGE, &page), -EPROTO);
	cr_expect_eq(shared_map(small, SHARED_PAGE, &page), -EPROTO);
	cr_expect_null(page);
}

/* A worker that cuts it would end its supervisor, which looks at it. */
Test(shared, size_is_nobodys_to_change)
{
	int descriptor = -1;

	cr_assert_eq(shared_new(&descriptor), 0);
	cr_expect_eq(ftruncate(descriptor, 0), -1);
	cr_expect_eq(errno, EPERM);
	cr_expect_eq(ftruncate(descriptor, (off_t)shared_size() + 4096), -1);
	close(descriptor);
}

Test(shared, memory_that_could_be_cut_is_refused)
{
	struct shared *shared = NULL;
	const uint64_t layout = SHARED_LAYOUT;
	const int descriptor = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	cr_assert_geq(descriptor, 0);
	cr_assert_eq(ftruncate(descriptor, (off_t)shared_size()), 0);
	cr_assert_eq(pwrite(descriptor, &layout, sizeof layout, 0), (ssize_t)sizeof layout);
	cr_expect_eq(shared_map(descriptor, SHARED_PAGE, &shared), -EPROTO);
	close(descriptor);
}
