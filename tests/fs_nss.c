#include "fs/nss.h"

#include <criterion/criterion.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <string.h>

#include "tests/host.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A user of many groups, without a host that has one: this program asks here. How many they are
 * beside his own the environment says, others have their own only. */
int getgrouplist(const char *user, gid_t group, gid_t *groups, int *count)
{
	const int found = 1 + (strcmp(user, "games") == 0 ? (int)host_number("TEST_GROUPS") : 0);
	const int room = *count;

	for (int i = 0; i < found && i < room; i++)
		groups[i] = i ? 70000 + (gid_t)i : group;
	*count = found;
	return found > room ? -1 : found;
}

static struct nss *new_nss(void)
{
	struct nss *nss = NULL;

	cr_assert_eq(nss_new(65523, 65523, &nss), 0);
	return nss;
}

static bool refresh(struct nss *nss)
{
	struct nss_batch *batch = NULL;

	cr_assert_eq(nss_batch_begin(nss, &batch), 0);
	nss_batch_resolve(batch);
	return nss_apply(nss, batch);
}

static const struct {
	bool group;
	const char *name;
	bool known;
	id_t id;
} names[] = {
	{false, "root", true, 0},
	{false, "daemon", true, 1},
	{false, "www-data", true, 33},
	{true, "root", true, 0},
	{true, "tty", true, 5},
	{true, "games", true, 60},
	{false, "games", true, 5}, /* another number than the group's */
	{true, "kmem", true, 15},
	{false, "kmem", false, 0},
	{false, "no-such-user", false, 0},
	{true, "no-such-group", false, 0},
	{false, "Root", false, 0},
	{false, "root ", false, 0},
	{false, "", false, 0},
	{false, "0", false, 0},
};

Test(nss, knows_the_names_of_this_host)
{
	CLEANUP(nss_freep) struct nss *nss = new_nss();

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct nss_name *name = nss_get(nss, names[i].group, names[i].name);

		cr_assert_not_null(name);
		cr_expect_eq(name->group, names[i].group);
		cr_expect_str_eq(name->name, names[i].name);
		cr_expect_eq(name->known, names[i].known, "%s", names[i].name);
		cr_expect_eq(name->id, names[i].id, "%s", names[i].name);
	}
}

Test(nss, gives_the_same_answer_again)
{
	CLEANUP(nss_freep) struct nss *nss = new_nss();
	const struct nss_name *known = nss_get(nss, false, "root");
	const struct nss_name *unknown = nss_get(nss, false, "no-such-user");

	cr_expect_eq(nss_get(nss, false, "root"), known);
	cr_expect_eq(nss_get(nss, false, "no-such-user"), unknown);
	cr_expect_neq(nss_get(nss, true, "root"), known);
}

Test(nss, resolves_nobody_to_who_owns_the_inodes)
{
	CLEANUP(nss_freep) struct nss *nss = NULL;

	cr_assert_eq(nss_new(5, 60, &nss), 0);
	cr_expect_not(nss_get(nss, false, "games")->known);
	cr_expect_not(nss_get(nss, true, "games")->known);
	cr_expect_not(nss_somebody(nss, false, "games"));
	cr_expect_not(nss_somebody(nss, true, "games"));
	cr_expect(nss_get(nss, true, "tty")->known, "number 5 of another kind");
	cr_expect(nss_get(nss, false, "daemon")->known);
}

static const size_t counts[] = {0, 1, 62, 63, 64, 65, 500};

Test(nss, knows_all_groups_of_a_user)
{
	for (size_t i = 0; i < COUNT(counts); i++) {
		CLEANUP(nss_freep) struct nss *nss = new_nss();
		const struct nss_name *name;

		host_set("TEST_GROUPS", counts[i]);
		name = nss_get(nss, false, "games");
		cr_assert_eq(name->group_count, counts[i] + 1, "%zu", counts[i]);
		cr_expect_eq(name->groups[0], 60);
		cr_expect_eq(name->groups[counts[i]], counts[i] ? 70000 + counts[i] : 60);
	}
}

static const struct {
	bool group;
	const char *name;
	bool somebody;
} somebodies[] = {
	{false, "root", true},		{false, "nobody", true}, {false, "no-such-user", false},
	{true, "games", true}, /* somebody's primary group, which lists no members */
	{true, "kmem", false}, /* nobody's */
	{true, "no-such-group", false},
};

Test(nss, somebody_is_a_user_or_a_group_that_has_one)
{
	CLEANUP(nss_freep) struct nss *nss = new_nss();

	for (size_t i = 0; i < COUNT(somebodies); i++)
		cr_expect_eq(nss_somebody(nss, somebodies[i].group, somebodies[i].name),
			     somebodies[i].somebody, "%s", somebodies[i].name);
}

Test(nss, goes_stale_after_a_minute)
{
	CLEANUP(nss_freep) struct nss *nss = new_nss();

	cr_expect_not(nss_is_stale(nss));
	host_clock_forward(58);
	cr_expect_not(nss_is_stale(nss));
	host_clock_forward(61);
	cr_expect(nss_is_stale(nss));
	cr_expect_not(refresh(nss));
	cr_expect_not(nss_is_stale(nss));
	host_clock_forward(122);
	cr_expect(nss_is_stale(nss));
}

Test(nss, goes_stale_when_the_users_or_the_groups_are_written_anew)
{
	CLEANUP(nss_freep) struct nss *nss = new_nss();

	host_passwd_written(1);
	cr_expect(nss_is_stale(nss));
	cr_expect_not(refresh(nss));
	cr_expect_not(nss_is_stale(nss));
	host_group_written(1);
	cr_expect(nss_is_stale(nss));
	cr_expect_not(refresh(nss));
	cr_expect_not(nss_is_stale(nss));
}

Test(nss, a_database_written_during_a_refresh_makes_the_next_one)
{
	CLEANUP(nss_freep) struct nss *nss = new_nss();
	struct nss_batch *batch = NULL;

	cr_assert_eq(nss_batch_begin(nss, &batch), 0);
	host_passwd_written(1);
	nss_batch_resolve(batch);
	cr_expect_not(nss_apply(nss, batch));
	cr_expect(nss_is_stale(nss));
}

Test(nss, is_not_stale_while_it_is_being_refreshed)
{
	CLEANUP(nss_freep) struct nss *nss = new_nss();
	struct nss_batch *batch = NULL;

	host_passwd_written(1);
	cr_assert(nss_is_stale(nss));
	cr_assert_eq(nss_batch_begin(nss, &batch), 0);
	cr_expect_not(nss_is_stale(nss));
	nss_batch_resolve(batch);
	cr_expect_not(nss_apply(nss, batch));
}

Test(nss, forgets_what_is_not_kept)
{
	static const char *const mentioned[] = {"root", "daemon", "games", "no-such-user"};
	CLEANUP(nss_freep) struct nss *nss = new_nss();
	const struct nss_name *root;

	for (size_t i = 0; i < COUNT(mentioned); i++)
		cr_assert_not_null(nss_get(nss, false, mentioned[i]));
	root = nss_get(nss, false, "root");
	cr_assert_not_null(nss_get(nss, true, "tty"));
	cr_expect_eq(nss_count(nss), 5);
	nss_drop_unmarked(nss);
	cr_expect_eq(nss_count(nss), 5, "each was asked for");
	nss_unmark(nss);
	nss_keep(nss, false, "root");
	nss_keep(nss, true, "tty");
	nss_keep(nss, true, "games");
	nss_keep(nss, false, "bin");
	cr_assert_not_null(nss_get(nss, false, "games"));
	nss_drop_unmarked(nss);
	cr_expect_eq(nss_count(nss), 3);
	cr_expect_eq(nss_get(nss, false, "root"), root);
	cr_expect(nss_get(nss, false, "daemon")->known, "asked for again");
	nss_unmark(nss);
	nss_drop_unmarked(nss);
	cr_expect_eq(nss_count(nss), 0);
}

/* Whoever is made a moment before he is named is somebody, whatever was known of him. */
Test(nss, somebody_is_asked_for_again_when_nobody_was_known)
{
	CLEANUP(nss_freep) struct nss *nss = new_nss();

	cr_assert_eq(__nss_configure_lookup("passwd", "db"), 0);
	cr_assert_not(nss_get(nss, false, "daemon")->known);
	cr_expect_not(nss_somebody(nss, false, "daemon"));
	cr_assert_eq(__nss_configure_lookup("passwd", "files"), 0);
	cr_expect(nss_somebody(nss, false, "daemon"));
	cr_expect_not(nss_get(nss, false, "daemon")->known, "all are told with the next batch");
	cr_expect(refresh(nss));
	cr_expect(nss_get(nss, false, "daemon")->known);
}

Test(nss, refreshed_says_whether_any_answer_changed)
{
	CLEANUP(nss_freep) struct nss *nss = new_nss();

	cr_expect_not(refresh(nss), "nobody has asked for anything");
	for (size_t i = 0; i < COUNT(names); i++)
		cr_assert_not_null(nss_get(nss, names[i].group, names[i].name));
	cr_expect_not(refresh(nss));
	for (size_t i = 0; i < COUNT(names); i++)
		cr_expect_eq(nss_get(nss, names[i].group, names[i].name)->known, names[i].known);
}

/* As if the host had lost its users, and then its groups, and found them again. */
Test(nss, refreshed_follows_the_databases)
{
	CLEANUP(nss_freep) struct nss *nss = new_nss();

	cr_assert(nss_get(nss, false, "daemon")->known);
	cr_assert(nss_get(nss, true, "tty")->known);
	cr_assert_eq(__nss_configure_lookup("passwd", "db"), 0);
	cr_expect(nss_get(nss, false, "daemon")->known, "not asked for again yet");
	cr_expect(refresh(nss));
	cr_expect_not(nss_get(nss, false, "daemon")->known);
	cr_expect_eq(nss_get(nss, false, "daemon")->group_count, 0);
	cr_expect(nss_get(nss, true, "tty")->known);
	cr_assert_eq(__nss_configure_lookup("group", "db"), 0);
	cr_expect(refresh(nss));
	cr_expect_not(nss_get(nss, true, "tty")->known);
	cr_expect_not(refresh(nss));
	cr_assert_eq(__nss_configure_lookup("passwd", "files"), 0);
	cr_assert_eq(__nss_configure_lookup("group", "files"), 0);
	cr_expect(refresh(nss));
	cr_expect(nss_get(nss, false, "daemon")->known);
	cr_expect_eq(nss_get(nss, true, "tty")->id, 5);
}

Test(nss, refreshed_follows_a_users_groups)
{
	CLEANUP(nss_freep) struct nss *nss = new_nss();

	host_set("TEST_GROUPS", 2);
	cr_assert_eq(nss_get(nss, false, "games")->group_count, 3);
	cr_expect_not(refresh(nss));
	host_set("TEST_GROUPS", 1);
	cr_expect(refresh(nss));
	cr_expect_eq(nss_get(nss, false, "games")->group_count, 2);
}

/* Somebody may ask for a name while the batch is being resolved beside him. */
Test(nss, a_name_asked_for_during_a_refresh_stays)
{
	CLEANUP(nss_freep) struct nss *nss = new_nss();
	struct nss_batch *batch = NULL;

	cr_assert_not_null(nss_get(nss, false, "root"));
	cr_assert_eq(nss_batch_begin(nss, &batch), 0);
	nss_batch_resolve(batch);
	cr_assert(nss_get(nss, false, "daemon")->known);
	cr_expect_not(nss_apply(nss, batch));
	cr_expect(nss_get(nss, false, "daemon")->known);
	cr_expect(nss_get(nss, false, "root")->known);
}
