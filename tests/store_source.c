#include "store/source.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/asking.h"
#include "tests/place.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define PASSPHRASE "correct horse battery"

static struct place place;
static struct secret_pool *pool;
static struct identity identity;
static char path[96];

static void setup(void)
{
	struct recipient *recovery = NULL;

	place = place_new();
	cr_assert_eq(secret_pool_new(1 << 20, &pool), 0);
	cr_assert_eq(recipient_generate(pool, &identity.host), 0);
	cr_assert_eq(recipient_generate(pool, &recovery), 0);
	identity.recovery = *recipient_public(recovery);
	identity.has_recovery = true;
	recipient_free(recovery);
	snprintf(path, sizeof(path), "%s/identity", place.directory);
}

static void teardown(void)
{
	identity_done(&identity);
	pool = secret_pool_free(pool);
	place_done(&place);
}

TestSuite(source, .init = setup, .fini = teardown);

/* A text of either form, the second one as cheap as is accepted. */
static struct secret *text_of(bool sealed)
{
	CLEANUP_SECRET struct secret *words = NULL;
	struct passphrase_cost cost = passphrase_cost_new();
	struct secret *text = NULL;

	cost.mebibytes = PASSPHRASE_MEBIBYTES_MIN;
	cr_assert_eq(secret_copy(pool, PASSPHRASE, strlen(PASSPHRASE), &words), 0);
	cr_assert_eq(sealed ? identity_format_sealed(&identity, words, &cost, &text)
			    : identity_format(&identity, &text),
		     0);
	return text;
}

static void save(bool sealed)
{
	CLEANUP_SECRET struct secret *text = text_of(sealed);

	cr_assert_eq(identity_save(path, text), 0);
}

static int load(const struct source *source, struct asking *asking, struct identity *ret)
{
	const struct asker asker = asking ? asking_asker(asking) : (struct asker){0};

	return source_load(pool, source, asking ? &asker : NULL, ret);
}

static void expect_same(const struct identity *loaded)
{
	cr_assert_not_null(loaded->host);
	cr_expect_eq(memcmp(recipient_seed(loaded->host), recipient_seed(identity.host),
			    RECIPIENT_SEED_SIZE),
		     0);
	cr_expect(loaded->has_recovery);
	cr_expect_eq(memcmp(&loaded->recovery, &identity.recovery, sizeof(identity.recovery)), 0);
}

static const struct {
	const char *text;
	int result;
	enum source_kind kind;
	const char *name;
} texts[] = {
	{"/var/lib/credfs/identity", 0, SOURCE_FILE, "/var/lib/credfs/identity"},
	{"credential:credfs-identity", 0, SOURCE_CREDENTIAL, "credfs-identity"},
	{"credential:a.b_c", 0, SOURCE_CREDENTIAL, "a.b_c"},
	{"identity", -EINVAL, 0, NULL},
	{"", -EINVAL, 0, NULL},
	{"credential:", -EINVAL, 0, NULL},
	{"credential:.", -EINVAL, 0, NULL},
	{"credential:..", -EINVAL, 0, NULL},
	{"credential:../identity", -EINVAL, 0, NULL},
	{"credential:/etc/shadow", -EINVAL, 0, NULL},
	{"Credential:identity", -EINVAL, 0, NULL},
	{"credential", -EINVAL, 0, NULL},
};

Test(source, is_a_path_or_the_name_of_a_credential)
{
	char long_name[] = "credential:" /* and 256 */
			   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
			   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
			   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
			   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct source source = {0};

		cr_assert_eq(source_parse(texts[i].text, &source), texts[i].result, "%zu", i);
		if (texts[i].result < 0)
			continue;
		cr_expect_eq(source.kind, texts[i].kind);
		cr_expect_str_eq(source.name, texts[i].name);
	}
	cr_expect_eq(source_parse(long_name, &(struct source){0}), -EINVAL);
	long_name[strlen(long_name) - 1] = '\0';
	cr_expect_eq(source_parse(long_name, &(struct source){0}), 0);
}

Test(source, that_is_a_sealed_file_is_opened_with_the_passphrase)
{
	const struct source source = {.kind = SOURCE_FILE, .name = path};
	struct asking asking = {.answer = PASSPHRASE};
	CLEANUP_IDENTITY struct identity loaded = {0};

	save(true);
	cr_expect(source_asks(&source));
	cr_assert_eq(load(&source, &asking, &loaded), 0);
	expect_same(&loaded);
	cr_expect_eq(asking.asked[ASK_PASSPHRASE], 1);
	cr_expect_eq(asking.asked[ASK_PHRASE], 0);
}

Test(source, that_is_not_sealed_asks_nobody)
{
	const struct source source = {.kind = SOURCE_FILE, .name = path};
	struct asking asking = {.answer = PASSPHRASE};
	CLEANUP_IDENTITY struct identity loaded = {0};

	cr_expect_not(source_asks(&source));
	save(false);
	cr_expect_not(source_asks(&source));
	cr_assert_eq(load(&source, &asking, &loaded), 0);
	expect_same(&loaded);
	cr_expect_eq(asking.asked[ASK_PASSPHRASE], 0);
}

Test(source, that_is_sealed_stays_so_without_the_right_passphrase)
{
	const struct source source = {.kind = SOURCE_FILE, .name = path};
	struct asking nobody = {0}, wrong = {.answer = "correct horse batterz"};
	CLEANUP_IDENTITY struct identity loaded = {0};

	save(true);
	cr_expect_eq(load(&source, NULL, &loaded), -ENODATA);
	cr_expect_eq(load(&source, &nobody, &loaded), -ENODATA);
	cr_expect_eq(load(&source, &wrong, &loaded), -EKEYREJECTED);
	cr_expect_null(loaded.host);
}

Test(source, that_is_a_credential_is_read_from_the_directory_of_the_service)
{
	const struct source source = {.kind = SOURCE_CREDENTIAL, .name = "identity"};
	CLEANUP_IDENTITY struct identity loaded = {0};

	save(false);
	unsetenv("CREDENTIALS_DIRECTORY");
	cr_expect_eq(load(&source, NULL, &loaded), -ENXIO);
	setenv("CREDENTIALS_DIRECTORY", "", 1);
	cr_expect_eq(load(&source, NULL, &loaded), -ENXIO);
	setenv("CREDENTIALS_DIRECTORY", "relative", 1);
	cr_expect_eq(load(&source, NULL, &loaded), -ENXIO);
	setenv("CREDENTIALS_DIRECTORY", "/nowhere/at/all", 1);
	cr_expect_eq(load(&source, NULL, &loaded), -ENXIO);
	setenv("CREDENTIALS_DIRECTORY", path, 1);
	cr_expect_eq(load(&source, NULL, &loaded), -ENXIO);
	setenv("CREDENTIALS_DIRECTORY", place.directory, 1);
	cr_assert_eq(load(&source, NULL, &loaded), 0);
	expect_same(&loaded);
	cr_expect_eq(load(&(struct source){SOURCE_CREDENTIAL, "other", -1}, NULL, &loaded),
		     -ENOENT);
}

Test(source, that_is_a_credential_is_nobody_elses)
{
	const struct source source = {.kind = SOURCE_CREDENTIAL, .name = "identity"};
	static const mode_t directories[] = {0720, 0702, 0777};
	static const mode_t files[] = {0440, 0404, 0420, 0644};
	CLEANUP_IDENTITY struct identity loaded = {0};
	char link[96];

	save(false);
	setenv("CREDENTIALS_DIRECTORY", place.directory, 1);
	for (size_t i = 0; i < COUNT(directories); i++) {
		cr_assert_eq(chmod(place.directory, directories[i]), 0);
		cr_expect_eq(load(&source, NULL, &loaded), -EACCES, "%o", directories[i]);
	}
	cr_assert_eq(chmod(place.directory, 0700), 0);
	for (size_t i = 0; i < COUNT(files); i++) {
		cr_assert_eq(chmod(path, files[i]), 0);
		cr_expect_eq(load(&source, NULL, &loaded), -EACCES, "%o", files[i]);
	}
	cr_assert_eq(chmod(path, 0400), 0);
	snprintf(link, sizeof(link), "%s/link", place.directory);
	cr_assert_eq(symlink("identity", link), 0);
	cr_expect_eq(load(&(struct source){SOURCE_CREDENTIAL, "link", -1}, NULL, &loaded), -EACCES);
	unlink(link);
	cr_assert_eq(symlink(".", link), 0);
	setenv("CREDENTIALS_DIRECTORY", link, 1);
	cr_expect_eq(load(&source, NULL, &loaded), -ENXIO);
}

Test(source, that_is_a_descriptor_is_read_from_its_beginning_every_time)
{
	CLEANUP_SECRET struct secret *text = text_of(false);
	CLEANUP_CLOSE int fd = memfd_create("identity", MFD_CLOEXEC);
	const struct source source = {.kind = SOURCE_DESCRIPTOR, .descriptor = fd};

	cr_assert_eq(write(fd, secret_view(text), secret_size(text)), (ssize_t)secret_size(text));
	for (int i = 0; i < 2; i++) {
		CLEANUP_IDENTITY struct identity loaded = {0};

		cr_assert_eq(load(&source, NULL, &loaded), 0);
		expect_same(&loaded);
	}
	cr_expect_eq(
		load(&(struct source){SOURCE_DESCRIPTOR, NULL, -1}, NULL, &(struct identity){0}),
		-EBADF);
}

Test(source, that_is_a_phrase_is_the_recovery_recipient)
{
	CLEANUP_SECRET struct secret *phrase = NULL;
	const struct source source = {.kind = SOURCE_PHRASE};
	CLEANUP_IDENTITY struct identity loaded = {0};
	struct asking asking = {0};
	char text[128] = "";

	cr_expect(source_asks(&source));
	cr_expect_eq(load(&source, NULL, &loaded), -ENODATA);
	cr_expect_eq(load(&source, &asking, &loaded), -ENODATA);
	asking.answer = "no phrase";
	cr_expect_eq(load(&source, &asking, &loaded), -EBADMSG);
	asking.answer = "";
	cr_expect_eq(load(&source, &asking, &loaded), -EBADMSG);
	cr_assert_eq(recipient_phrase(identity.host, pool, &phrase), 0);
	memcpy(text, secret_view(phrase), secret_size(phrase));
	asking.answer = text;
	cr_assert_eq(load(&source, &asking, &loaded), 0);
	cr_expect_eq(memcmp(recipient_public(loaded.host), recipient_public(identity.host),
			    sizeof(struct recipient_public)),
		     0);
	cr_expect(loaded.has_recovery);
	cr_expect_eq(
		memcmp(&loaded.recovery, recipient_public(loaded.host), sizeof(loaded.recovery)),
		0);
	cr_expect_eq(asking.asked[ASK_PASSPHRASE], 0);
}

/* Put text with one part exchanged in the file's place. */
static void exchange(const struct secret *text, const char *part, const char *other)
{
	char bytes[512] = "";
	const char *at;
	char file[600];
	int size;

	memcpy(bytes, secret_view(text), secret_size(text));
	at = strstr(bytes, part);
	cr_assert_not_null(at, "%s", part);
	size = snprintf(file, sizeof(file), "%.*s%s%s", (int)(at - bytes), bytes, other,
			at + strlen(part));
	unlink(path);
	file_write(path, file, (size_t)size);
}

static const struct {
	const char *part, *other;
	int result;
} damages[] = {
	/* refused before anybody is asked */
	{"argon2id 3 64 ", "argon2id 2 64 ", -ERANGE},
	{"argon2id 3 64 ", "argon2id 11 64 ", -ERANGE},
	{"argon2id 3 64 ", "argon2id 3 63 ", -ERANGE},
	{"argon2id 3 64 ", "argon2id 3 2049 ", -ERANGE},
	{"argon2id 3 64 ", "argon2id 0 0 ", -ERANGE},
	{"argon2id 3 64 ", "argon2id 9999 9999 ", -ERANGE},
	{"argon2id 3 64 ", "argon2id 99999 64 ", -EBADMSG},
	{"argon2id 3 64 ", "argon2id 4294967299 64 ", -EBADMSG},
	{"argon2id 3 64 ", "argon2id -3 64 ", -EBADMSG},
	{"argon2id 3 64 ", "argon2id 03 64 ", -EBADMSG},
	{"argon2id 3 64 ", "argon2id 3  64 ", -EBADMSG},
	{"argon2id 3 64 ", "argon2i 3 64 ", -EBADMSG},
	{"credfs identity 2", "credfs identity 3", -EBADMSG},
	{"credfs identity 2", "credfs identity 1", -EBADMSG},
	{"recovery credfsr1", "recovery credfsr2", -EBADMSG},
	{"\nseed ", "\nseed 0", -EBADMSG},
	{"\nseed ", "\nSeed ", -EBADMSG},
	{"\nseed ", "\n\nseed ", -EBADMSG},
};

Test(source, that_is_sealed_and_malformed_is_refused_before_anybody_is_asked)
{
	const struct source source = {.kind = SOURCE_FILE, .name = path};
	CLEANUP_SECRET struct secret *text = text_of(true);

	for (size_t i = 0; i < COUNT(damages); i++) {
		CLEANUP_IDENTITY struct identity loaded = {0};
		struct asking asking = {.answer = PASSPHRASE};

		exchange(text, damages[i].part, damages[i].other);
		cr_expect_eq(load(&source, &asking, &loaded), damages[i].result, "%zu", i);
		cr_expect_eq(asking.asked[ASK_PASSPHRASE], 0, "%zu", i);
	}
}

Test(source, that_is_sealed_and_cut_or_longer_is_refused)
{
	const struct source source = {.kind = SOURCE_FILE, .name = path};
	CLEANUP_SECRET struct secret *text = text_of(true);
	char bytes[5000];
	const size_t size = secret_size(text);
	struct asking asking = {.answer = PASSPHRASE};
	struct identity loaded = {0};

	memset(bytes, '\n', sizeof(bytes));
	memcpy(bytes, secret_view(text), size);
	for (size_t i = 0; i < size + 2; i++) {
		if (i == size)
			continue;
		unlink(path);
		file_write(path, bytes, i);
		cr_assert_eq(load(&source, &asking, &loaded), -EBADMSG, "at %zu", i);
	}
	file_write(path, bytes, sizeof(bytes));
	cr_expect_eq(load(&source, &asking, &loaded), -EBADMSG);
	memcpy(bytes + size - 1, "\0x\n", 3);
	file_write(path, bytes, size + 2);
	cr_expect_eq(load(&source, &asking, &loaded), -EBADMSG);
	cr_expect_eq(asking.asked[ASK_PASSPHRASE], 0);
}

/* Of the lines before the seed: what the passphrase seals, they are bound to. */
Test(source, that_is_sealed_does_not_open_with_another_recovery_recipient)
{
	const struct source source = {.kind = SOURCE_FILE, .name = path};
	CLEANUP_SECRET struct secret *text = text_of(true);
	char former[16 + RECIPIENT_TEXT_SIZE], other[16 + RECIPIENT_TEXT_SIZE];
	struct asking asking = {.answer = PASSPHRASE};
	struct identity loaded = {0};

	snprintf(former, sizeof(former), "recovery ");
	recipient_public_format(&identity.recovery, former + strlen(former));
	snprintf(other, sizeof(other), "recovery ");
	recipient_public_format(recipient_public(identity.host), other + strlen(other));
	exchange(text, former, other);
	cr_expect_eq(load(&source, &asking, &loaded), -EKEYREJECTED);
	exchange(text, former, "recovery none");
	cr_expect_eq(load(&source, &asking, &loaded), -EKEYREJECTED);
	cr_expect_eq(asking.asked[ASK_PASSPHRASE], 2);
}

Test(source, that_is_a_file_changes_its_passphrase_and_keeps_its_seed)
{
	const struct source source = {.kind = SOURCE_FILE, .name = path};
	CLEANUP_IDENTITY struct identity loaded = {0};
	CLEANUP_SECRET struct secret *text = NULL;
	struct asking asking = {.answer = PASSPHRASE};
	struct stat st;

	save(false);
	text = text_of(true);
	cr_assert_eq(identity_replace(path, text), 0);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode, S_IFREG | 0400);
	cr_assert_eq(load(&source, &asking, &loaded), 0);
	expect_same(&loaded);
}
