#include "store/source.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/child.h"

#define CLEANUP_POOL CLEANUP(secret_pool_freep)

static char folder[] = "/tmp/credfs-identity-XXXXXX";
static char path[64];
static struct secret_pool *pool;
static struct identity identity;

static void setup(void)
{
	struct recipient *recovery = NULL;

	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/host.key", folder);
	cr_assert_eq(secret_pool_new(1 << 20, &pool), 0);
	cr_assert_eq(recipient_generate(pool, &identity.host), 0);
	cr_assert_eq(recipient_generate(pool, &recovery), 0);
	identity.recovery = *recipient_public(recovery);
	identity.has_recovery = true;
	recipient_free(recovery);
}

static void teardown(void)
{
	identity_done(&identity);
	pool = secret_pool_free(pool);
	unlink(path);
	rmdir(folder);
}

TestSuite(identity, .init = setup, .fini = teardown);

static bool same_host(const struct identity *other)
{
	return memcmp(recipient_seed(identity.host), recipient_seed(other->host),
		      RECIPIENT_SEED_SIZE) == 0;
}

static int load(struct identity *ret)
{
	const struct source source = {.kind = SOURCE_FILE, .name = path};

	return source_load(pool, &source, NULL, ret);
}

static int save(const char *where, const struct identity *what)
{
	CLEANUP_SECRET struct secret *text = NULL;
	int r = identity_format(what, &text);

	return r < 0 ? r : identity_save(where, text);
}

/* Put these bytes in the file's place. */
static void replace(const void *bytes, size_t size)
{
	CLEANUP_CLOSE int fd = -1;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
}

static size_t contents(char *bytes, size_t size)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	cr_assert_geq(fd, 0);
	n = read(fd, bytes, size);
	cr_assert_gt(n, 0);
	return (size_t)n;
}

Test(identity, is_saved_for_its_owner_alone_and_loaded_again)
{
	CLEANUP_IDENTITY struct identity loaded = {0};
	struct stat st;

	umask(0);
	cr_assert_eq(save(path, &identity), 0);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode, S_IFREG | 0400);

	cr_assert_eq(load(&loaded), 0);
	cr_assert(same_host(&loaded));
	cr_assert(loaded.has_recovery);
	cr_assert_eq(memcmp(&loaded.recovery, &identity.recovery, sizeof(loaded.recovery)), 0);
}

Test(identity, is_kept_without_a_recovery_recipient_too)
{
	CLEANUP_IDENTITY struct identity loaded = {0};

	identity.has_recovery = false;
	umask(0777);
	cr_assert_eq(save(path, &identity), 0);
	cr_assert_eq(load(&loaded), 0);
	cr_assert(same_host(&loaded));
	cr_assert_not(loaded.has_recovery);
}

Test(identity, is_never_overwritten)
{
	CLEANUP_IDENTITY struct identity loaded = {0};
	CLEANUP_IDENTITY struct identity other = {0};

	cr_assert_eq(save(path, &identity), 0);
	cr_assert_eq(recipient_generate(pool, &other.host), 0);
	cr_assert_eq(save(path, &other), -EEXIST);
	cr_assert_eq(load(&loaded), 0);
	cr_assert(same_host(&loaded));

	unlink(path);
	cr_assert_eq(symlink("elsewhere", path), 0);
	cr_assert_eq(save(path, &other), -EEXIST);
}

Test(identity, that_cannot_be_written_leaves_no_file)
{
	char lost[sizeof(path) + 8];

	snprintf(lost, sizeof(lost), "%s/x/key", folder);
	cr_assert_eq(save(lost, &identity), -ENOENT);
	cr_assert_eq(access(path, F_OK), -1);
}

Test(identity, that_was_written_in_part_is_removed)
{
	static const struct rlimit limit = {100, 100};

	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(save(path, &identity), -EFBIG);
	cr_assert_eq(access(path, F_OK), -1);
}

Test(identity, that_is_not_there_is_not_found)
{
	struct identity loaded = {0};

	cr_assert_eq(load(&loaded), -ENOENT);
}

Test(identity, open_to_others_is_refused)
{
	static const mode_t modes[] = {0440, 0404, 0420, 0402, 0410, 0401, 0644, 0777};
	CLEANUP_IDENTITY struct identity loaded = {0};

	cr_assert_eq(save(path, &identity), 0);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		cr_assert_eq(chmod(path, modes[i]), 0);
		cr_assert_eq(load(&loaded), -EACCES, "%o", modes[i]);
	}
	cr_assert_eq(chmod(path, 0600), 0);
	cr_assert_eq(load(&loaded), 0);
}

Test(identity, of_another_owner_is_refused)
{
	struct identity loaded = {0};

	cr_assert_eq(save(path, &identity), 0);
	/* Only root can give it away, and only root could read it then. */
	if (geteuid() != 0)
		return;
	cr_assert_eq(chown(path, 65534, 0), 0);
	cr_assert_eq(load(&loaded), -EACCES);
}

Test(identity, that_is_no_regular_file_is_refused)
{
	struct identity loaded = {0};
	char other[sizeof(path) + 8];

	cr_assert_eq(mkfifo(path, 0400), 0);
	cr_assert_eq(load(&loaded), -EACCES);
	unlink(path);
	cr_assert_eq(mkdir(path, 0700), 0);
	cr_assert_eq(load(&loaded), -EACCES);
	rmdir(path);

	snprintf(other, sizeof(other), "%s.2", path);
	cr_assert_eq(save(other, &identity), 0);
	cr_assert_eq(symlink(other, path), 0);
	cr_assert_eq(load(&loaded), -EACCES);
	unlink(other);
}

Test(identity, cut_anywhere_is_refused)
{
	struct identity loaded = {0};
	char bytes[512];
	size_t size;

	for (int recovery = 0; recovery < 2; recovery++) {
		unlink(path);
		identity.has_recovery = recovery;
		cr_assert_eq(save(path, &identity), 0);
		size = contents(bytes, sizeof(bytes));
		for (size_t i = 0; i < size; i++) {
			replace(bytes, i);
			cr_assert_eq(load(&loaded), -EBADMSG, "at %zu", i);
		}
	}
}

Test(identity, altered_anywhere_is_refused_or_the_same)
{
	char bytes[512];
	size_t size;

	cr_assert_eq(save(path, &identity), 0);
	size = contents(bytes, sizeof(bytes));
	for (size_t i = 0; i < size; i++) {
		for (int bit = 0; bit < 8; bit++) {
			CLEANUP_IDENTITY struct identity loaded = {0};
			int r;

			bytes[i] ^= (char)(1 << bit);
			replace(bytes, size);
			bytes[i] ^= (char)(1 << bit);
			r = load(&loaded);
			cr_assert(r == -EBADMSG || r == 0);
			if (r < 0)
				continue;
			/* Another case, another blank. */
			cr_assert(same_host(&loaded) && loaded.has_recovery);
			cr_assert_eq(memcmp(&loaded.recovery, &identity.recovery,
					    sizeof(loaded.recovery)),
				     0);
		}
	}
}

static const char *const strangers[] = {
	"",
	"\n",
	"credfs identity 1\n",
	"credfs identity 2\nhost 0000\nrecovery none\n",
	"credfs identity 1\nhost 0000\nrecovery none\n",
	"credfs identity 1\nhost \nrecovery none\n",
	"-----BEGIN PRIVATE KEY-----\n",
};

Test(identity, that_is_something_else_is_refused)
{
	struct identity loaded = {0};
	char large[5000];
	size_t size;

	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		replace(strangers[i], strlen(strangers[i]));
		cr_assert_eq(load(&loaded), -EBADMSG, "%zu", i);
	}

	/* A good one, and more behind it. */
	unlink(path);
	cr_assert_eq(save(path, &identity), 0);
	size = contents(large, sizeof(large));
	memset(large + size, '\n', sizeof(large) - size);
	replace(large, sizeof(large));
	cr_assert_eq(load(&loaded), -EBADMSG);
	replace(large, size + 1);
	cr_assert_eq(load(&loaded), -EBADMSG);
	memcpy(large + size - 1, "\0x\n", 3);
	replace(large, size + 2);
	cr_assert_eq(load(&loaded), -EBADMSG);
}

static struct recipient_public expected; /* a child has no secret of its parent's */

static bool is_expected(const struct identity *loaded)
{
	return memcmp(recipient_public(loaded->host), &expected, sizeof(expected)) == 0;
}

static int read_without_rights(void)
{
	CLEANUP_IDENTITY struct identity first = {0}, second = {0};
	const struct source file = {.kind = SOURCE_FILE, .name = path};
	struct source opened = {.kind = SOURCE_DESCRIPTOR, .descriptor = -1};
	struct secret_pool *other = NULL;

	if (source_open(&file, &opened.descriptor) < 0 || secret_pool_reserve(1 << 20, &other) < 0)
		return 1;
	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0 ||
			       source_load(other, &file, NULL, &first) != -EACCES))
		return 2;
	/* As often as anybody likes: each worker reads the same descriptor. */
	if (source_load(other, &opened, NULL, &first) < 0 ||
	    source_load(other, &opened, NULL, &second) < 0)
		return 4;
	return is_expected(&first) && is_expected(&second) ? 0 : 5;
}

Test(identity, is_read_from_a_descriptor_by_who_could_not_open_the_file)
{
	expected = *recipient_public(identity.host);
	cr_assert_eq(save(path, &identity), 0);
	cr_expect_eq(child_run(read_without_rights), 0);
}
