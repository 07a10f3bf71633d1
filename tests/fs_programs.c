#include "fs/programs.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

Test(programs, a_process_is_called_what_it_calls_itself_now)
{
	CLEANUP(programs_freep) struct programs *programs = NULL;
	char name[PROGRAM_SIZE];

	cr_assert_eq(programs_new(&programs), 0);
	cr_assert_eq(prctl(PR_SET_NAME, "first"), 0);
	programs_get(programs, getpid(), name);
	cr_assert_str_eq(name, "first");
	cr_assert_eq(prctl(PR_SET_NAME, "a name of 15 chs"), 0);
	programs_get(programs, getpid(), name);
	cr_assert_str_eq(name, "a name of 15 ch");
	cr_assert_eq(prctl(PR_SET_NAME, "x\ny"), 0);
	programs_get(programs, getpid(), name);
	cr_assert_str_eq(name, "x\ny");
}

Test(programs, a_process_that_is_gone_is_not_taken_for_another)
{
	CLEANUP(programs_freep) struct programs *programs = NULL;
	char name[PROGRAM_SIZE];
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	cr_assert_eq(programs_new(&programs), 0);
	programs_get(programs, pid, name);
	cr_assert_neq(*name, '\0');
	kill(pid, SIGKILL);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	programs_get(programs, pid, name);
	cr_assert_str_eq(name, "");
}

Test(programs, a_process_of_elsewhere_has_no_name)
{
	CLEANUP(programs_freep) struct programs *programs = NULL;
	char name[PROGRAM_SIZE] = "x";

	cr_assert_eq(programs_new(&programs), 0);
	programs_get(programs, 0, name);
	cr_assert_str_eq(name, "");
	programs_get(programs, -5, name);
	cr_assert_str_eq(name, "");
}

Test(programs, more_processes_than_are_remembered_are_told_apart)
{
	CLEANUP(programs_freep) struct programs *programs = NULL;
	enum { CHILDREN = 150 };
	pid_t pids[CHILDREN];
	char name[PROGRAM_SIZE], expected[PROGRAM_SIZE];
	int pipes[2];
	char byte;

	cr_assert_eq(programs_new(&programs), 0);
	cr_assert_eq(pipe(pipes), 0);
	for (unsigned i = 0; i < CHILDREN; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			snprintf(expected, sizeof expected, "child%u", i);
			prctl(PR_SET_NAME, expected);
			(void)!write(pipes[1], "x", 1);
			for (;;)
				pause();
		}
	}
	for (unsigned i = 0; i < CHILDREN; i++)
		cr_assert_eq(read(pipes[0], &byte, 1), 1);
	for (unsigned i = 0; i < 2 * CHILDREN; i++) {
		programs_get(programs, pids[i % CHILDREN], name);
		snprintf(expected, sizeof expected, "child%u", i % CHILDREN);
		cr_expect_str_eq(name, expected);
	}
	for (unsigned i = 0; i < CHILDREN; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}
