#include "fs/confine.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "fs/privileges.h"
#include "tests/child.h"

/* What an intruder would try in a worker. Each in a process of its own, which is confined as a
 * worker is; some attempts end it. */

enum { KILLED = 1000 + SIGSYS, NOT_CONFINED = 100 };

static const struct owner owner = {65523, 65523};

static char base[] = "/var/tmp/credfs-confine-XXXXXX";
static char store[64], pins[64], audit[64], secret[64];
static struct settings settings = {
	.store_path = store, .store_pins = pins, .audit_directory = audit};

static void setup(void)
{
	if (geteuid() != 0)
		cr_skip_test("only root has privileges to give up");
	cr_assert_not_null(mkdtemp(base));
	cr_assert_eq(chmod(base, 0755), 0);
	snprintf(store, sizeof store, "%s/store/store.db", base);
	snprintf(pins, sizeof pins, "%s/store/identity.pins", base);
	snprintf(audit, sizeof audit, "%s/audit", base);
	snprintf(secret, sizeof secret, "%s/open-to-all", base);
	*strrchr(store, '/') = '\0';
	cr_assert_eq(mkdir(store, 0700), 0);
	cr_assert_eq(chown(store, owner.uid, owner.gid), 0);
	store[strlen(store)] = '/';
	cr_assert_eq(mkdir(audit, 0700), 0);
	cr_assert_eq(chown(audit, owner.uid, owner.gid), 0);
	close(open(secret, O_WRONLY | O_CREAT, 0666));
	cr_assert_eq(chmod(secret, 0666), 0);
}

static void teardown(void)
{
	char *const names[] = {secret, audit, store};

	unlink(store);
	*strrchr(store, '/') = '\0';
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		cr_expect_eq(remove(names[i]), 0, "%s", names[i]);
	cr_expect_eq(rmdir(base), 0);
}

TestSuite(confine, .init = setup, .fini = teardown);

static int result(long value)
{
	return value < 0 ? errno : 0;
}

static int try_root_file(void)
{
	return result(open("/etc/shadow", O_RDONLY));
}

/* Which its user may open, as far as modes go. */
static int try_other_file(void)
{
	return result(open(secret, O_RDWR));
}

static int try_temporary_file(void)
{
	return result(open("/var/tmp", O_TMPFILE | O_RDWR, 0600));
}

static int try_internet(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_execute(void)
{
	char name[] = "true";
	char *const arguments[] = {name, NULL};

	return result(execv("/bin/true", arguments));
}

static int try_mount(void)
{
	return result(mount("none", "/tmp", "tmpfs", 0, NULL));
}

static int try_signal(void)
{
	return result(kill(getppid(), SIGCONT));
}

static int try_return(void)
{
	return result(setresuid(0, 0, 0));
}

static int use_store(void)
{
	const int fd = open(store, O_RDWR | O_CREAT | O_EXCL, 0600);
	char path[128];

	if (fd < 0 || write(fd, "x", 1) != 1 || ftruncate(fd, 0) < 0 || fsync(fd) < 0)
		return 1;
	snprintf(path, sizeof path, "%s/0123", audit);
	if (mkdir(path, 0700) < 0 || rmdir(path) < 0)
		return 2;
	snprintf(path, sizeof path, "%s.new", store);
	if (rename(store, path) < 0 || unlink(path) < 0)
		return 3;
	return 0;
}

static int use_host(void)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/comm", (int)getppid());
	if (open(path, O_RDONLY) < 0)
		return 1;
	snprintf(path, sizeof path, "/proc/%d/task/%d/status", (int)getppid(), (int)getppid());
	if (open(path, O_RDONLY) < 0)
		return 2;
	return getpwnam("root") && open("/dev/null", O_RDWR) >= 0 ? 0 : 3;
}

static int confined(int (*function)(void))
{
	struct confinement confinement = {0};
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(privileges_drop(&owner) < 0 || confine_worker(&settings, &confinement) < 0 ||
				      !confinement.filtered || !confinement.landlock
			      ? NOT_CONFINED
			      : function());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static const struct {
	const char *name;
	int (*function)(void);
	int expected;
} attempts[] = {
	{"a file of root's", try_root_file, EACCES},
	{"a file that everybody may write", try_other_file, EACCES},
	{"a file without a name", try_temporary_file, EACCES},
	{"the internet", try_internet, EAFNOSUPPORT},
	{"another program", try_execute, KILLED},
	{"a mount", try_mount, KILLED},
	{"a signal to another", try_signal, ENOSYS},
	{"to be root again", try_return, ENOSYS},
	{"its store", use_store, 0},
	{"the processes and users of the host", use_host, 0},
};

Test(confine, leaves_a_worker_what_it_serves_with_and_nothing_else)
{
	for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
		const int code = confined(attempts[i].function);

		cr_expect_eq(code, attempts[i].expected, "%s: %d", attempts[i].name, code);
	}
}

Test(confine, is_told_in_words)
{
	static const struct {
		struct confinement confinement;
		const char *expected;
	} cases[] = {
		{{7, true}, "user root; no capabilities; system calls filtered; Landlock 7"},
		{{0, false}, "user root; no capabilities; system calls not filtered; no Landlock"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		CLEANUP_FREE char *text = confinement_describe(&cases[i].confinement, 0);

		cr_assert_not_null(text);
		cr_expect_str_eq(text, cases[i].expected);
	}
}
