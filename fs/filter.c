/*
 * Allowed is what serving takes: the device and descriptors, memory, files (which Landlock and the
 * user's own rights bound), threads, clocks, and sockets of this host for the name service. No
 * other process can be started, so that nothing is executed and nobody is waited for.
 *
 * clone3() hides its flags behind a pointer; the C library takes ENOSYS for a kernel without it,
 * and uses clone().
 */
#include "fs/filter.h"

#include <asm/termbits.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41 /* newer C libraries name their memory */
#endif

/* Names, separated by blanks. */
static const char *const allowed[] = {
	/* descriptors */
	"read readv pread64 preadv write writev pwrite64 pwritev close close_range dup dup2 dup3",
	"fcntl lseek pipe2 poll ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait",
	"epoll_pwait eventfd2 timerfd_create timerfd_settime signalfd4",
	/* files */
	"open openat openat2 access faccessat faccessat2 stat lstat fstat newfstatat statx statfs",
	"fstatfs readlink readlinkat getdents64 getcwd ftruncate fallocate fadvise64 fsync",
	"fdatasync flock umask fchmod mkdir mkdirat rmdir unlink unlinkat rename renameat",
	"renameat2 link linkat",
	/* memory */
	"brk munmap mremap madvise mlock mlock2 munlock msync mincore membarrier",
	/* threads and signals */
	"futex set_robust_list get_robust_list rseq set_tid_address arch_prctl exit exit_group",
	"rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait rt_sigsuspend rt_sigpending",
	"sigaltstack restart_syscall sched_yield sched_getaffinity sched_getparam",
	"sched_getscheduler alarm",
	/* who, when, how much */
	"getpid getppid gettid getuid geteuid getgid getegid getresuid getresgid getgroups",
	"clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time getrlimit",
	"getrusage sysinfo uname getrandom",
	/* what was connected, which only sockets of this host can be */
	"connect sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg getsockopt setsockopt",
	"getsockname getpeername shutdown",
};

/* What nobody has any business with who serves files. */
static const char *const deadly[] = {
	"execve execveat process_vm_readv process_vm_writev pidfd_getfd open_by_handle_at",
	"mount umount2 pivot_root chroot fsopen fsmount move_mount open_tree setns unshare",
	"init_module finit_module delete_module kexec_load kexec_file_load bpf perf_event_open",
	"userfaultfd io_uring_setup reboot swapon swapoff quotactl acct settimeofday",
	"clock_settime clock_adjtime adjtimex",
};

/* The search for leaks stops all threads from a process of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED_ALLOWED "clone ptrace wait4 getdents prctl mmap mprotect tkill"
#define SANITIZED_DEADLY ""
#else
#define SANITIZED_ALLOWED ""
#define SANITIZED_DEADLY "ptrace"
#endif

/* Allowed if an argument, of which `mask` says what matters, is such. */
static const struct condition {
	const char *call;
	unsigned argument;
	uint64_t mask, value;
} conditions[] = {
	/* memory to be executed is never writable */
	{"mmap", 2, PROT_EXEC, 0},
	{"mmap", 2, PROT_WRITE, 0},
	{"mprotect", 2, PROT_EXEC, 0},
	{"clone", 0, CLONE_THREAD, CLONE_THREAD},
	{"socket", 0, UINT64_MAX, AF_UNIX},
	{"socketpair", 0, UINT64_MAX, AF_UNIX},
	/* limits are read, not set */
	{"prlimit64", 2, UINT64_MAX, 0},
	{"prctl", 0, UINT64_MAX, PR_SET_NAME},
	{"prctl", 0, UINT64_MAX, PR_GET_NAME},
	{"prctl", 0, UINT64_MAX, PR_SET_VMA},
	/* is it a terminal, how much is there to read */
	{"ioctl", 1, UINT64_MAX, TCGETS},
	{"ioctl", 1, UINT64_MAX, FIONREAD},
	{"ioctl", 1, UINT64_MAX, FIONBIO},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { LOAD_SECONDS = 5 };

static void release(scmp_filter_ctx *filter)
{
	seccomp_release(*filter);
}

/* -EINVAL: a name that is none. A call that this architecture does not have is no error. */
static int add(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned count,
	       const struct scmp_arg_cmp *arguments)
{
	const int call = seccomp_syscall_resolve_name(name);
	const int r = call == __NR_SCMP_ERROR
			      ? -EINVAL
			      : seccomp_rule_add_array(filter, action, call, count, arguments);

	return r == -EDOM ? 0 : r;
}

static int add_names(scmp_filter_ctx filter, uint32_t action, const char *names)
{
	char name[32];
	int used = 0;
	int r = 0;

	while (r == 0 && sscanf(names, "%31s%n", name, &used) == 1) {
		r = add(filter, action, name, 0, NULL);
		names += used;
	}
	return r;
}

static int add_lists(scmp_filter_ctx filter, uint32_t action, const char *const *lists,
		     size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = add_names(filter, action, lists[i]);
	return r;
}

static int add_conditions(scmp_filter_ctx filter)
{
	int r = 0;

	for (size_t i = 0; i < COUNT(conditions) && r == 0; i++) {
		const struct condition *condition = &conditions[i];
		const struct scmp_arg_cmp argument = {condition->argument, SCMP_CMP_MASKED_EQ,
						      condition->mask, condition->value};

		r = add(filter, SCMP_ACT_ALLOW, condition->call, 1, &argument);
	}
	return r;
}

/* Signals to itself: its threads wake each other. */
static int add_own_signals(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp own = {0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0};
	int r = add(filter, SCMP_ACT_ALLOW, "kill", 1, &own);

	return r < 0 ? r : add(filter, SCMP_ACT_ALLOW, "tgkill", 1, &own);
}

/* A family of addresses that is not there is something else than a call that is not. */
static int refuse_networks(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp others = {0, SCMP_CMP_NE, AF_UNIX, 0};

	return add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket", 1, &others);
}

static int add_rules(scmp_filter_ctx filter)
{
	int r = add_lists(filter, SCMP_ACT_ALLOW, allowed, COUNT(allowed));

	if (r == 0)
		r = add_conditions(filter);
	if (r == 0)
		r = add_own_signals(filter);
	if (r == 0)
		r = refuse_networks(filter);
	if (r == 0)
		r = add_names(filter, SCMP_ACT_ALLOW, SANITIZED_ALLOWED);
	if (r == 0)
		r = add_lists(filter, SCMP_ACT_KILL_PROCESS, deadly, COUNT(deadly));
	return r < 0 ? r : add_names(filter, SCMP_ACT_KILL_PROCESS, SANITIZED_DEADLY);
}

static int set_attributes(scmp_filter_ctx filter)
{
	static const struct {
		enum scmp_filter_attr attribute;
		uint32_t value;
	} attributes[] = {
		{SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS},
		{SCMP_FLTATR_CTL_NNP, 1},
		{SCMP_FLTATR_CTL_TSYNC, 1},
		{SCMP_FLTATR_CTL_LOG, 1},
		{SCMP_FLTATR_CTL_OPTIMIZE, 2}, /* found by halving: it is asked at every call */
	};
	int r = 0;

	for (size_t i = 0; i < COUNT(attributes) && r == 0; i++)
		r = seccomp_attr_set(filter, attributes[i].attribute, attributes[i].value);
	return r;
}

/* Without memory libseccomp (2.5.4) may look for a place in a table for ever: a worker that ends by
 * a signal is replaced, or there is no mount. */
static int load(scmp_filter_ctx filter)
{
	int r;

	alarm(LOAD_SECONDS);
	r = seccomp_load(filter);
	alarm(0);
	return r;
}

int filter_calls(void)
{
	CLEANUP(release) scmp_filter_ctx filter = NULL;
	int r;

	/* Asked without a filter to load, a kernel that knows of filters minds the missing one. */
	if (prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, NULL, 0, 0) < 0 && errno != EFAULT)
		return -ENOSYS;
	filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	if (!filter)
		return -ENOMEM;
	r = set_attributes(filter);
	if (r == 0)
		r = add_rules(filter);
	return r < 0 ? r : load(filter);
}
