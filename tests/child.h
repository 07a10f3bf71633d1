/*
 * A child for tests of what a process gives up for good: runs one function, and tells how it ended.
 */
#pragma once

#include <criterion/criterion.h>
#include <sys/wait.h>

/* What the function returned, 0 to 125; or 1000 and the signal that ended it. */
static inline int child_run(int (*function)(void))
{
	int status = 0;
	const pid_t pid = fork();

	if (pid == 0)
		_exit(function());
	cr_assert_gt(pid, 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}
