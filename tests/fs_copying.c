#include <criterion/criterion.h>

#include "fs/copying.h"

Test(copying, is_who_holds_a_provider_open)
{
	struct copying copying = {0};

	cr_assert_not(copying_is(&copying, 7));
	copying_begin(&copying, 7);
	copying_begin(&copying, 7);
	cr_assert(copying_is(&copying, 7));
	cr_assert_not(copying_is(&copying, 8));
	copying_end(&copying, 7);
	cr_assert(copying_is(&copying, 7), "it holds another");
	copying_end(&copying, 7);
	cr_assert_not(copying_is(&copying, 7));
}

Test(copying, a_process_that_cannot_be_told_is_none)
{
	struct copying copying = {0};

	copying_begin(&copying, 0);
	cr_assert_not(copying_is(&copying, 0));
}

Test(copying, more_than_can_be_told_apart_are_passed_over)
{
	struct copying copying = {0};

	for (pid_t pid = 1; pid <= COPYING_READERS + 1; pid++)
		copying_begin(&copying, pid);
	cr_assert(copying_is(&copying, COPYING_READERS));
	cr_assert_not(copying_is(&copying, COPYING_READERS + 1));
	copying_end(&copying, COPYING_READERS + 1);
	copying_end(&copying, 1);
	copying_begin(&copying, 99);
	cr_assert(copying_is(&copying, 99));
}
