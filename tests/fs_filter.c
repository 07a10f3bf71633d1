#include "fs/filter.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "tests/child.h"

enum { KILLED = 1000 + SIGSYS };

/* Each is tried in a process of its own: some end it. */
static int filtered(int (*function)(void))
{
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(filter_calls() < 0 ? 100 : function());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int result(long value)
{
	return value < 0 ? errno : 0;
}

static int try_execute(void)
{
	char *const arguments[] = {(char *)(uintptr_t) "true", NULL};

	return result(execv("/bin/true", arguments));
}

static int try_mount(void)
{
	return result(mount("none", "/tmp", "tmpfs", 0, NULL));
}

static int try_unshare(void)
{
	return result(syscall(SYS_unshare, CLONE_NEWUSER));
}

static int try_ptrace(void)
{
	return result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int try_other_memory(void)
{
	return result(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
}

static int try_fork(void)
{
	return result(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL));
}

static int try_internet(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_netlink(void)
{
	return result(socket(AF_NETLINK, SOCK_RAW, 0));
}

static int try_become(void)
{
	return result(syscall(SYS_setresuid, 1, 1, 1));
}

static int try_limit(void)
{
	const struct rlimit limit = {1, 1};

	return result(setrlimit(RLIMIT_CORE, &limit));
}

static int try_signal_parent(void)
{
	return result(kill(getppid(), 0));
}

static int try_new_call(void)
{
	return result(syscall(9999));
}

static int try_code(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? errno : 0;
}

static int try_code_later(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return result(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}

static const struct {
	const char *name;
	int (*function)(void);
	int expected;
} refusals[] = {
	{"execve", try_execute, KILLED},
	{"mount", try_mount, KILLED},
	{"unshare", try_unshare, KILLED},
	{"process_vm_readv", try_other_memory, KILLED},
	{"setresuid", try_become, ENOSYS},
	{"setrlimit", try_limit, ENOSYS},
	{"kill of another", try_signal_parent, ENOSYS},
	{"a call of the future", try_new_call, ENOSYS},
	{"internet", try_internet, EAFNOSUPPORT},
	{"netlink", try_netlink, EAFNOSUPPORT},
#if !defined(__SANITIZE_ADDRESS__) /* which needs them */
	{"ptrace", try_ptrace, KILLED},
	{"fork", try_fork, ENOSYS},
	{"writable code", try_code, ENOSYS},
	{"code that was data", try_code_later, ENOSYS},
#endif
};

Test(filter, refuses_what_serving_does_not_take)
{
	(void)try_ptrace, (void)try_fork, (void)try_code, (void)try_code_later;
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		const int code = filtered(refusals[i].function);

		cr_expect_eq(code, refusals[i].expected, "%s: %d", refusals[i].name, code);
	}
}

static void *ask_in_thread(void *context)
{
	*(int *)context = getpwuid(0) && getgrnam("root") ? 0 : 1;
	return NULL;
}

static int use(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/nobody-listens"};
	int code = 2, fd;
	pthread_t thread;

	if (pthread_create(&thread, NULL, ask_in_thread, &code) != 0)
		return 3;
	pthread_join(thread, NULL);
	if (code)
		return code;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ||
	    errno != ENOENT)
		return 4;
	signal(SIGUSR1, SIG_IGN);
	return raise(SIGUSR1) == 0 && kill(getpid(), SIGUSR1) == 0 ? 0 : 5;
}

Test(filter, leaves_threads_the_name_service_and_own_signals)
{
	cr_expect_eq(filtered(use), 0);
}

static int filters_of_threads(void)
{
	char line[256];
	FILE *status = fopen("/proc/thread-self/status", "r");
	int mode = -1;

	while (status && fgets(line, sizeof line, status))
		(void)!sscanf(line, "Seccomp: %d", &mode);
	if (status)
		fclose(status);
	return mode;
}

static void *wait_and_look(void *context)
{
	pthread_barrier_t *barrier = context;

	pthread_barrier_wait(barrier); /* there is no filter yet */
	pthread_barrier_wait(barrier);
	return (void *)(intptr_t)filters_of_threads();
}

static int filter_with_thread(void)
{
	pthread_barrier_t barrier;
	pthread_t thread;
	void *mode = NULL;

	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&thread, NULL, wait_and_look, &barrier) != 0)
		return 100;
	pthread_barrier_wait(&barrier);
	if (filter_calls() < 0)
		return 101;
	pthread_barrier_wait(&barrier);
	pthread_join(thread, &mode);
	return (int)(intptr_t)mode;
}

Test(filter, holds_in_threads_that_run_already)
{
	cr_expect_eq(child_run(filter_with_thread), 2); /* a filter, as proc(5) has it */
}
