#include "fs/progress.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pty.h>
#include <string.h>

#include "tests/host.h"

/* What is told in two seconds on a terminal or a pipe. */
static size_t tell(int fd)
{
	const int former = dup(STDERR_FILENO);
	CLEANUP_PROGRESS struct progress progress;

	dup2(fd, STDERR_FILENO);
	host_clock_forward(0);
	progress_init(&progress, "copying");
	cr_expect(progress_tell(&progress, 1, 4));
	fflush(stderr);
	host_clock_forward(2);
	cr_expect(progress_tell(&progress, 3, 4));
	cr_expect(progress_tell(&progress, 4, 4));
	fflush(stderr);
	dup2(former, STDERR_FILENO);
	close(former);
	return progress.shown != 0;
}

Test(progress, is_told_on_a_terminal_after_a_second)
{
	char told[64] = "";
	int master, slave;

	cr_assert_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	cr_expect_eq(tell(slave), 1);
	cr_assert_gt(read(master, told, sizeof told - 1), 0);
	cr_expect_not_null(strstr(told, "copying: 75 %"), "%s", told);
	cr_expect_null(strstr(told, "25 %"), "%s", told);
	cr_expect_null(strstr(told, "100 %"), "not so soon again: %s", told);
}

Test(progress, is_not_told_elsewhere)
{
	int ends[2];

	cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
	cr_expect_eq(tell(ends[1]), 0);
	close(ends[1]);
	cr_expect_eq(read(ends[0], &(char){0}, 1), 0);
}

Test(progress, a_signal_asks_to_stop_and_ends_nothing)
{
	CLEANUP_PROGRESS struct progress progress;

	progress_init(&progress, "copying");
	raise(SIGINT);
	cr_expect_not(progress_tell(&progress, 1, 2));
	cr_expect_not(progress_tell(&progress, 2, 2));
}
