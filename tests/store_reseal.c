#include "store/reseal.h"

#include "tests/hosts.h"

/* Records and values, three of them one after the other: account, field, value. */
enum { ACCOUNTS = 40, BATCH = 25, ROWS = 1 + 3 * ACCOUNTS };

static uint32_t account_of(uint32_t number)
{
	return 2 * (number + 1);
}

static uint32_t field_of(uint32_t number)
{
	return account_of(number) + 1;
}

static const char *value_of(uint32_t number)
{
	static _Thread_local char text[32];

	snprintf(text, sizeof(text), "sk-value-%u", number);
	return text;
}

static struct org *found_with_rows(struct hosts *hosts)
{
	struct org *org = hosts_found(hosts);

	for (uint32_t i = 0; i < ACCOUNTS; i++) {
		cr_assert_eq(hosts_put(org, account_of(i), RECORD_ACCOUNT, 0, value_of(i)), 0);
		cr_assert_eq(hosts_put(org, field_of(i), RECORD_FIELD, account_of(i), "api_key"),
			     0);
		cr_assert_eq(hosts_put_value(hosts, org, field_of(i), value_of(i)), 0);
	}
	return org;
}

static void expect_all(const struct org *org, const char *what)
{
	cr_expect_eq(org_damaged(org), 0, "%s", what);
	for (uint32_t i = 0; i < ACCOUNTS; i++) {
		const struct record *field = org_record(org, hosts_record_id(field_of(i)));

		cr_expect(hosts_value_is(org, field_of(i), value_of(i)), "%s %u", what, i);
		cr_assert_not_null(field, "%s %u", what, i);
		cr_expect_eq(field->version, 1, "%s %u", what, i);
		cr_expect(record_id_equal(field->parent, hosts_record_id(account_of(i))));
	}
}

/* Until nothing is left, whatever happens; how many calls it took. */
static size_t reseal_all(struct hosts *hosts, struct org **org)
{
	struct resealed reseal = {.left = 1};
	size_t calls = 0;

	while (org_membership(*org)->epoch_count > 1) {
		int r = org_reseal(*org, BATCH, &reseal);

		cr_assert(r == 0 || r == -EIO, "%d", r);
		cr_assert_lt(calls++, 100);
		if (r == -EIO) {
			*org = org_free(*org);
			*org = hosts_loaded(hosts, FOUNDER);
		}
	}
	return calls;
}

Test(reseal, every_row_moves_and_the_former_key_goes)
{
	HOSTS_ON_A_STORE hosts;
	hosts_init(&hosts);
	ORG *org = found_with_rows(&hosts);
	const struct rekey rekey = org_rekey(org);
	struct resealed reseal;

	cr_expect_eq(org_reseal_left(org), 0);
	cr_assert_eq(org_reseal(org, BATCH, &reseal), 0);
	cr_expect_eq(reseal.moved, 0);
	cr_assert_eq(rekey_rotate(&rekey), 0);
	cr_expect_eq(org_reseal_left(org), ROWS);
	cr_assert_eq(org_reseal(org, BATCH, &reseal), 0);
	cr_expect_eq(reseal.moved, BATCH);
	cr_expect_eq(reseal.left, ROWS - BATCH);
	cr_expect_eq(org_reseal_left(org), ROWS - BATCH);
	expect_all(org, "in between");
	cr_expect_eq(reseal_all(&hosts, &org), (ROWS - 1) / BATCH);
	cr_expect_eq(org_membership(org)->epoch_count, 1);
	cr_expect_eq(membership_newest(org_membership(org))->number, 2);
	cr_expect_eq(hosts_count_wraps(&hosts, 1), 0);
	cr_expect_eq(hosts_count_wraps(&hosts, 2), 2);
	expect_all(org, "after it");
	org = org_free(org);
	org = hosts_loaded(&hosts, RECOVERY);
	expect_all(org, "loaded");
	cr_expect_eq(org_check_keys(org), 0);
}

/* The n-th write fails, or is done and nobody learns of it, for every n. */
Test(reseal, interrupted_anywhere_it_goes_on_and_ends_the_same, .timeout = 120)
{
	enum { APPENDS = (ROWS + BATCH - 1) / BATCH + 1 };

	for (size_t n = 1; n <= APPENDS; n++) {
		for (int after = 0; after < 2; after++) {
			HOSTS_ON_A_STORE hosts;
			hosts_init(&hosts);
			ORG *org = found_with_rows(&hosts);
			const struct rekey rekey = org_rekey(org);
			char what[32];

			snprintf(what, sizeof(what), "append %zu %d", n, after);
			cr_assert_eq(rekey_remove(&rekey, hosts_id(&hosts, RECOVERY)), 0);
			hosts.fail_at = hosts.appends + n;
			hosts.fail_after = after;
			reseal_all(&hosts, &org);
			cr_expect_geq(hosts.appends, hosts.fail_at, "%s", what);
			expect_all(org, what);
			cr_expect_eq(hosts_count_wraps(&hosts, 1), 0, "%s", what);
			cr_expect_eq(org_reseal_left(org), 0);
			org = org_free(org);
			org = hosts_loaded(&hosts, FOUNDER);
			expect_all(org, what);
			cr_expect_eq(org_check_keys(org), 0, "%s", what);
		}
	}
}

/* Each does a step in turn: one of the two is always late. */
Test(reseal, two_at_once_share_the_work)
{
	HOSTS_ON_A_STORE hosts;
	hosts_init(&hosts);
	ORG *org = found_with_rows(&hosts);
	const struct rekey rekey = org_rekey(org);
	size_t late = 0, rounds = 0;

	cr_assert_eq(rekey_rotate(&rekey), 0);
	ORG *other = hosts_loaded(&hosts, RECOVERY);
	while (org_membership(org)->epoch_count > 1) {
		struct org *both[] = {org, other};

		cr_assert_lt(rounds++, 100);
		for (size_t i = 0; i < 2; i++) {
			CLEANUP_NEWS struct news news = {0};
			struct resealed reseal;
			int r = org_reseal(both[i], BATCH, &reseal);

			cr_assert(r == 0 || r == -ESTALE, "%d", r);
			if (r == 0)
				continue;
			late++;
			cr_assert_eq(org_refresh(both[i], &news), 0);
			cr_expect_eq(news.count, 0, "nothing has changed but the key");
		}
	}
	cr_expect_gt(late, 2);
	expect_all(org, "one");
	org = org_free(org);
	org = hosts_loaded(&hosts, FOUNDER);
	expect_all(org, "loaded");
	cr_expect_eq(hosts_count_wraps(&hosts, 1), 0);
}

/* What cannot be opened stays under its key, which stays for it. */
Test(reseal, a_damaged_row_is_passed_over_and_holds_the_key)
{
	HOSTS_ON_A_STORE hosts;
	hosts_init(&hosts);
	ORG *org = found_with_rows(&hosts);
	const struct rekey rekey = org_rekey(org);
	CLEANUP(change_freep) struct change *change = NULL;
	struct resealed reseal = {.moved = 1};

	cr_assert_eq(rekey_rotate(&rekey), 0);
	hosts.below = engine_close(hosts.below);
	tamper(hosts.place.store, "UPDATE value SET ct = zeroblob(300) WHERE id ="
				  " (SELECT min(id) FROM value)");
	cr_assert_eq(sqlite_open(hosts.place.store, &hosts.below), 0);
	for (size_t calls = 0; reseal.moved > 0; calls++) {
		cr_assert_lt(calls, 100);
		cr_assert_eq(org_reseal(org, BATCH, &reseal), 0);
	}
	cr_expect_eq(reseal.left, 1);
	cr_expect_eq(org_membership(org)->epoch_count, 2);
	cr_expect_eq(hosts_count_wraps(&hosts, 1), 2);
	/* The value is given up: then the key goes. */
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_remove_value(change, hosts_record_id(field_of(0)), 1), 0);
	cr_assert_eq(org_commit(org, change), 0);
	cr_assert_eq(org_reseal(org, BATCH, &reseal), 0);
	cr_expect_eq(org_membership(org)->epoch_count, 1);
}

Test(reseal, is_for_managers)
{
	HOSTS_ON_A_STORE hosts;
	hosts_init(&hosts);
	ORG *org = found_with_rows(&hosts);
	const struct rekey rekey = org_rekey(org);
	struct resealed reseal;

	cr_assert_eq(rekey_put(&rekey, hosts_public(&hosts, SECOND), CAN_WRITE), 0);
	cr_assert_eq(rekey_rotate(&rekey), 0);
	ORG *second = hosts_loaded(&hosts, SECOND);
	cr_expect_eq(org_reseal(second, 200, &reseal), -EACCES);
	expect_all(second, "a writer");
	cr_expect_eq(org_reseal_left(second), ROWS);
}
