#include "fs/privileges.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "tests/child.h"

static const struct owner nobody = {65523, 65523};

static void need_root(void)
{
	if (geteuid() != 0)
		cr_skip_test("only root has privileges to drop");
}

/* Whether a line of /proc/self/status begins so. */
static bool has_line(const char *expected)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];
	bool found = false;

	while (status && !found && fgets(line, sizeof line, status))
		found = strncmp(line, expected, strlen(expected)) == 0;
	if (status)
		fclose(status);
	return found;
}

static int look_at_status(void)
{
	static const char *const lines[] = {
		"Uid:\t65523\t65523\t65523\t65523\n",
		"Gid:\t65523\t65523\t65523\t65523\n",
		"Groups:\t \n",
		"CapInh:\t0000000000000000\n",
		"CapPrm:\t0000000000000000\n",
		"CapEff:\t0000000000000000\n",
		"CapBnd:\t0000000000000000\n",
		"CapAmb:\t0000000000000000\n",
		"NoNewPrivs:\t1\n",
	};

	if (privileges_drop(&nobody) < 0)
		return 100;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		if (!has_line(lines[i]))
			return (int)i + 1;
	}
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 101;
}

Test(privileges, leaves_no_capability_in_any_set_and_no_group)
{
	need_root();
	cr_expect_eq(child_run(look_at_status), 0);
}

static int try_to_return(void)
{
	if (privileges_drop(&nobody) < 0)
		return 100;
	if (setuid(0) == 0 || seteuid(0) == 0 || setresgid(0, 0, 0) == 0)
		return 1;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0)
		return 2;
	if (open("/etc/shadow", O_RDONLY) >= 0 || errno != EACCES)
		return 3;
	return kill(1, 0) < 0 && errno == EPERM ? 0 : 4;
}

Test(privileges, are_not_to_be_had_again)
{
	need_root();
	cr_expect_eq(child_run(try_to_return), 0);
}

/* A child that has dropped them says so, and then waits for the signal that its parent's end is. */
static int end_before_child(void)
{
	int pair[2];
	char word = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		return 100;
	if (fork() == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || privileges_drop(&nobody) < 0)
			_exit(1);
		prctl(PR_GET_PDEATHSIG, &word);
		(void)!write(pair[1], &word, 1);
		for (;;)
			pause();
	}
	close(pair[1]);
	return read(pair[0], &word, 1) == 1 && word == SIGKILL ? 0 : 1;
}

Test(privileges, end_with_the_parent_still)
{
	need_root();
	cr_expect_eq(child_run(end_before_child), 0);
}

Test(privileges, of_root_are_not_dropped_to_root)
{
	const struct owner root = {0, 0}, group = {65523, 0};

	cr_expect_eq(privileges_drop(&root), -EPERM);
	cr_expect_eq(privileges_drop(&group), -EPERM);
}
