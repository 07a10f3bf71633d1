#include "fs/possession.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/privileges.h"
#include "tests/child.h"

static const struct owner owner = {65500, 65500};

/* A store's directory, with files in it. */
struct place {
	char base[64];
	struct settings settings;
};

static char *below(const struct place *place, const char *name)
{
	char *path = NULL;

	cr_assert_geq(asprintf(&path, "%s/%s", place->base, name), 0);
	return path;
}

static void make(const struct place *place, const char *name)
{
	CLEANUP_FREE char *path = below(place, name);
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	cr_assert_geq(fd, 0);
	close(fd);
}

static struct place place_new(void)
{
	struct place place = {.base = "/var/tmp/credfs-place-XXXXXX"};

	if (geteuid() != 0)
		cr_skip_test("only root can hand over files");
	cr_assert_not_null(mkdtemp(place.base));
	place.settings.store_path = below(&place, "store.db");
	place.settings.store_identity = below(&place, "identity");
	place.settings.store_pins = below(&place, "identity.pins");
	place.settings.audit_directory = below(&place, "store.db.audit");
	make(&place, "store.db");
	make(&place, "identity");
	make(&place, "identity.pins");
	return place;
}

static void place_done(struct place *place)
{
	static const char *const names[] = {
		"store.db.audit/0123456789abcdef0123456789abcdef/log",
		"store.db.audit/0123456789abcdef0123456789abcdef",
		"store.db.audit/other",
		"store.db.audit",
		"store.db-wal",
		"store.db",
		"second",
		"identity.pins",
		"identity",
		"stranger",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		CLEANUP_FREE char *path = below(place, names[i]);

		(void)!remove(path);
	}
	cr_expect_eq(rmdir(place->base), 0);
	free(place->settings.store_path);
	free(place->settings.store_identity);
	free(place->settings.store_pins);
	free(place->settings.audit_directory);
}

static uid_t owner_of(const struct place *place, const char *name)
{
	CLEANUP_FREE char *path = below(place, name);
	struct stat st;

	cr_assert_eq(lstat(path, &st), 0, "%s", path);
	cr_expect_eq(st.st_gid, st.st_uid);
	return st.st_uid;
}

static void make_log(const struct place *place)
{
	CLEANUP_FREE char *directory =
		below(place, "store.db.audit/0123456789abcdef0123456789abcdef");

	cr_assert_eq(mkdir(place->settings.audit_directory, 0700), 0);
	cr_assert_eq(mkdir(directory, 0700), 0);
	make(place, "store.db.audit/0123456789abcdef0123456789abcdef/log");
}

Test(possession, hands_over_everything_but_the_identity)
{
	struct place place = place_new();

	make(&place, "store.db-wal");
	make_log(&place);
	possession_take(&place.settings, &owner);
	cr_expect_eq(owner_of(&place, "store.db"), owner.uid);
	cr_expect_eq(owner_of(&place, "store.db-wal"), owner.uid);
	cr_expect_eq(owner_of(&place, "identity.pins"), owner.uid);
	cr_expect_eq(owner_of(&place, "identity"), 0);
	cr_expect_eq(owner_of(&place, "."), owner.uid);
	cr_expect_eq(owner_of(&place, "store.db.audit"), owner.uid);
	cr_expect_eq(owner_of(&place, "store.db.audit/0123456789abcdef0123456789abcdef"),
		     owner.uid);
	cr_expect_eq(owner_of(&place, "store.db.audit/0123456789abcdef0123456789abcdef/log"),
		     owner.uid);
	place_done(&place);
}

Test(possession, makes_the_directory_of_the_audit_log)
{
	struct place place = place_new();

	possession_take(&place.settings, &owner);
	cr_expect_eq(owner_of(&place, "store.db.audit"), owner.uid);
	place_done(&place);
}

Test(possession, takes_what_the_number_without_a_name_had)
{
	struct place place = place_new();

	cr_assert_eq(chown(place.settings.store_path, OWNER_UNNAMED, OWNER_UNNAMED), 0);
	cr_assert_eq(chown(place.base, OWNER_UNNAMED, OWNER_UNNAMED), 0);
	possession_take(&place.settings, &owner);
	cr_expect_eq(owner_of(&place, "store.db"), owner.uid);
	cr_expect_eq(owner_of(&place, "."), owner.uid);
	place_done(&place);
}

Test(possession, leaves_what_is_somebody_elses_has_two_names_or_is_a_link)
{
	struct place place = place_new();
	CLEANUP_FREE char *second = below(&place, "second");

	cr_assert_eq(chown(place.settings.store_path, 65501, 65501), 0);
	cr_assert_eq(link(place.settings.store_pins, second), 0);
	cr_assert_eq(symlink("/etc", place.settings.audit_directory), 0);
	possession_take(&place.settings, &owner);
	cr_expect_eq(owner_of(&place, "store.db"), 65501);
	cr_expect_eq(owner_of(&place, "identity.pins"), 0);
	cr_expect_eq(owner_of(&place, "store.db.audit"), 0);
	unlink(place.settings.audit_directory);
	place_done(&place);
}

Test(possession, leaves_directories_that_hold_other_things_or_are_open_to_others)
{
	struct place place = place_new();

	make(&place, "stranger");
	cr_assert_eq(mkdir(place.settings.audit_directory, 0700), 0);
	make(&place, "store.db.audit/other");
	possession_take(&place.settings, &owner);
	cr_expect_eq(owner_of(&place, "."), 0);
	cr_expect_eq(owner_of(&place, "store.db.audit"), 0);
	cr_expect_eq(owner_of(&place, "store.db"), owner.uid);
	place_done(&place);
}

static const struct settings *checked;

static int check_as_owner(void)
{
	const char *path = NULL;
	int r = privileges_drop(&owner) < 0 ? -ENOTSUP : possession_check(checked, &path);

	return r < 0 ? -r : 0;
}

Test(possession, is_checked_as_the_one_who_has_it)
{
	struct place place = place_new();

	checked = &place.settings;
	cr_expect_eq(child_run(check_as_owner), EACCES);
	possession_take(&place.settings, &owner);
	cr_expect_eq(child_run(check_as_owner), 0);
	cr_assert_eq(chown(place.settings.audit_directory, 0, 0), 0);
	cr_expect_eq(child_run(check_as_owner), EACCES);
	place_done(&place);
}
