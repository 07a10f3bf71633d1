#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/fence.h"

static pid_t start(void)
{
	const pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	cr_assert_gt(pid, 0);
	return pid;
}

static int new_fence(void)
{
	int fence = -1;

	cr_assert_eq(fence_new(&fence), 0);
	return fence;
}

Test(fence, who_served_last_is_ended)
{
	const int fence = new_fence();
	const pid_t pid = start();
	int status = 0;

	cr_expect_eq(fence_mark(fence, pid), 0);
	cr_expect_eq(fence_end(fence), 0);
	cr_expect_eq(waitpid(pid, &status, WNOHANG), pid, "it has ended by then");
	cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	cr_expect_eq(fence_end(fence), 0, "it is not there any more");
	close(fence);
}

Test(fence, one_that_names_nobody_ends_nobody)
{
	const int fence = new_fence();

	cr_expect_eq(fence_end(fence), 0);
	close(fence);
}

Test(fence, another_process_of_the_same_number_is_spared)
{
	const int fence = new_fence();
	const pid_t pid = start();
	int64_t served[2];

	cr_expect_eq(fence_mark(fence, pid), 0);
	cr_assert_eq(pread(fence, served, sizeof served, 0), sizeof served);
	served[1]++;
	cr_assert_eq(pwrite(fence, served, sizeof served, 0), sizeof served);
	cr_expect_eq(fence_end(fence), 0);
	cr_expect_eq(waitpid(pid, NULL, WNOHANG), 0, "it lives");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fence);
}

Test(fence, a_damaged_one_is_refused)
{
	const int fence = new_fence();

	cr_assert_eq(pwrite(fence, "x", 1, 0), 1);
	cr_expect_eq(fence_end(fence), -EPROTO);
	close(fence);
}

Test(fence, a_process_that_is_not_there_cannot_serve)
{
	const int fence = new_fence();
	const pid_t pid = start();

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	cr_expect_eq(fence_mark(fence, pid), -ESRCH);
	close(fence);
}
