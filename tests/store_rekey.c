#include "store/rekey.h"

#include "tests/hosts.h"

enum { ACCOUNT = 1, FIELD };

static struct org *found_with_value(struct hosts *hosts)
{
	struct org *org = hosts_found(hosts);

	cr_assert_eq(hosts_put(org, ACCOUNT, RECORD_ACCOUNT, 0, "openai"), 0);
	cr_assert_eq(hosts_put(org, FIELD, RECORD_FIELD, ACCOUNT, "api_key"), 0);
	cr_assert_eq(hosts_put_value(hosts, org, FIELD, "sk-one"), 0);
	return org;
}

Test(rekey, who_is_let_in_reads_what_is_there_and_does_what_he_may)
{
	static const enum capability all[] = {CAN_READ, CAN_WRITE, CAN_MANAGE};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		HOSTS_ON_A_STORE hosts;
		hosts_init(&hosts);
		ORG *org = found_with_value(&hosts);
		ORG *second = NULL;
		const struct rekey rekey = org_rekey(org);

		cr_expect_eq(hosts_load(&hosts, SECOND, &second), -EKEYREJECTED);
		cr_assert_eq(rekey_put(&rekey, hosts_public(&hosts, SECOND), all[i]), 0);
		cr_assert_eq(hosts_load(&hosts, SECOND, &second), 0);
		cr_expect_eq(org_capability(second), all[i]);
		cr_expect(hosts_value_is(second, FIELD, "sk-one"));
		cr_expect_eq(org_membership(second)->epoch_count, 1);
		cr_expect_eq(hosts_count_wraps(&hosts, 1), 3);
		cr_expect_eq(org_check_keys(second), 0);
		cr_expect_eq(hosts_put(second, 3, RECORD_ACCOUNT, 0, "own"),
			     all[i] >= CAN_WRITE ? 0 : -EACCES);
		cr_expect_eq(hosts_put(second, 4, RECORD_PROJECT, 0, "etl"),
			     all[i] >= CAN_MANAGE ? 0 : -EACCES);
	}
}

Test(rekey, only_a_manager_changes_the_membership)
{
	static const enum capability lesser[] = {CAN_READ, CAN_WRITE};

	for (size_t i = 0; i < sizeof(lesser) / sizeof(*lesser); i++) {
		HOSTS_ON_A_STORE hosts;
		hosts_init(&hosts);
		ORG *org = found_with_value(&hosts);
		const struct rekey rekey = org_rekey(org);

		cr_assert_eq(rekey_put(&rekey, hosts_public(&hosts, SECOND), lesser[i]), 0);
		ORG *second = hosts_loaded(&hosts, SECOND);
		const struct rekey own = org_rekey(second);
		const uint64_t generation = org_generation(second);

		cr_expect_eq(rekey_put(&own, hosts_public(&hosts, THIRD), CAN_READ), -EACCES);
		cr_expect_eq(rekey_put(&own, hosts_public(&hosts, SECOND), CAN_MANAGE), -EACCES);
		cr_expect_eq(rekey_remove(&own, hosts_id(&hosts, FOUNDER)), -EACCES);
		cr_expect_eq(rekey_rotate(&own), -EACCES);
		cr_expect_eq(rekey_retire(&own), -EACCES);
		cr_expect_eq(org_generation(second), generation);
		cr_expect(hosts_value_is(second, FIELD, "sk-one"));
		cr_expect_eq(org_check_keys(second), 0);
	}
}

Test(rekey, what_makes_no_sense_is_refused_and_changes_nothing)
{
	HOSTS_ON_A_STORE hosts;
	hosts_init(&hosts);
	ORG *org = found_with_value(&hosts);
	const struct rekey rekey = org_rekey(org);
	const struct recipient_public low = {{0}, {1}};
	const uint64_t generation = org_generation(org);

	cr_expect_eq(rekey_put(&rekey, hosts_public(&hosts, FOUNDER), CAN_MANAGE), -EEXIST);
	cr_expect_eq(rekey_put(&rekey, &low, CAN_READ), -EINVAL);
	cr_expect_eq(rekey_remove(&rekey, hosts_id(&hosts, THIRD)), -ENOENT);
	cr_expect_eq(rekey_retire(&rekey), -EBADMSG);
	cr_expect_eq(org_generation(org), generation);
	cr_assert_eq(rekey_remove(&rekey, hosts_id(&hosts, RECOVERY)), 0);
	cr_expect_eq(rekey_put(&rekey, hosts_public(&hosts, FOUNDER), CAN_WRITE), -EBUSY);
	cr_expect_eq(rekey_remove(&rekey, hosts_id(&hosts, FOUNDER)), -EBUSY);
	cr_expect_eq(rekey_retire(&rekey), -EBADMSG, "rows are left");
	cr_expect_eq(org_generation(org), generation + 1);
	cr_expect(hosts_value_is(org, FIELD, "sk-one"));
}

Test(rekey, a_capability_is_raised_and_lowered)
{
	HOSTS_ON_A_STORE hosts;
	hosts_init(&hosts);
	ORG *org = found_with_value(&hosts);
	const struct rekey rekey = org_rekey(org);

	cr_assert_eq(rekey_put(&rekey, hosts_public(&hosts, SECOND), CAN_READ), 0);
	cr_assert_eq(rekey_put(&rekey, hosts_public(&hosts, SECOND), CAN_MANAGE), 0);
	ORG *second = hosts_loaded(&hosts, SECOND);
	const struct rekey own = org_rekey(second);

	cr_assert_eq(rekey_put(&own, hosts_public(&hosts, FOUNDER), CAN_READ), 0);
	cr_expect_eq(hosts_put(org, 3, RECORD_ACCOUNT, 0, "own"), -ESTALE);
	org = org_free(org);
	org = hosts_loaded(&hosts, FOUNDER);
	cr_expect_eq(org_capability(org), CAN_READ);
	cr_expect_eq(hosts_put(org, 3, RECORD_ACCOUNT, 0, "own"), -EACCES);
	cr_expect(hosts_value_is(org, FIELD, "sk-one"));
}

/* The removed one has the old key still, and the whole database. */
Test(rekey, who_is_removed_gets_no_later_key)
{
	HOSTS_ON_A_STORE hosts;
	hosts_init(&hosts);
	ORG *org = found_with_value(&hosts);
	ORG *second = NULL;
	const struct rekey rekey = org_rekey(org);

	cr_assert_eq(rekey_put(&rekey, hosts_public(&hosts, SECOND), CAN_READ), 0);
	second = hosts_loaded(&hosts, SECOND);
	cr_assert_eq(rekey_remove(&rekey, hosts_id(&hosts, SECOND)), 0);
	cr_expect_eq(org_membership(org)->epoch_count, 2);
	cr_expect_eq(hosts_count_wraps(&hosts, 1), 2);
	cr_expect_eq(hosts_count_wraps(&hosts, 2), 2);
	cr_expect_eq(org_check_keys(org), 0);

	/* New values are under the new key at once; the old one is where it was. */
	cr_assert_eq(hosts_put(org, 3, RECORD_FIELD, ACCOUNT, "second_key"), 0);
	cr_assert_eq(hosts_put_value(&hosts, org, 3, "sk-later"), 0);
	cr_expect(hosts_value_is(org, FIELD, "sk-one"));
	cr_expect(hosts_value_is(org, 3, "sk-later"));
	cr_expect(hosts_value_is(second, FIELD, "sk-one"));
	cr_expect_not(hosts_value_is(second, 3, "sk-later"));
	cr_expect_eq(hosts_put(second, 4, RECORD_ACCOUNT, 0, "forged"), -EACCES);
	second = org_free(second);
	cr_expect_eq(hosts_load(&hosts, SECOND, &second), -EKEYREJECTED);

	/* Everybody else reads both. */
	ORG *recovery = hosts_loaded(&hosts, RECOVERY);
	cr_expect(hosts_value_is(recovery, FIELD, "sk-one"));
	cr_expect(hosts_value_is(recovery, 3, "sk-later"));
}

Test(rekey, a_rotated_key_is_everybodys)
{
	HOSTS_ON_A_STORE hosts;
	hosts_init(&hosts);
	ORG *org = found_with_value(&hosts);
	const struct rekey rekey = org_rekey(org);

	for (uint32_t epoch = 2; epoch < 6; epoch++) {
		cr_assert_eq(rekey_rotate(&rekey), 0);
		cr_expect_eq(hosts_count_wraps(&hosts, epoch), 2);
	}
	cr_assert_eq(hosts_put(org, 3, RECORD_FIELD, ACCOUNT, "other_key"), 0);
	cr_assert_eq(hosts_put_value(&hosts, org, 3, "sk-two"), 0);
	cr_assert_eq(rekey_put(&rekey, hosts_public(&hosts, SECOND), CAN_READ), 0);
	ORG *second = hosts_loaded(&hosts, SECOND);

	cr_expect_eq(org_membership(second)->epoch_count, 5);
	cr_expect_eq(org_damaged(second), 0);
	cr_expect(hosts_value_is(second, FIELD, "sk-one"));
	cr_expect(hosts_value_is(second, 3, "sk-two"));
	cr_expect_eq(org_check_keys(second), 0);
}

/* A manager who is let out himself has said his last word. */
Test(rekey, a_manager_removes_himself)
{
	HOSTS_ON_A_STORE hosts;
	hosts_init(&hosts);
	ORG *org = found_with_value(&hosts);
	const struct rekey rekey = org_rekey(org);

	cr_assert_eq(rekey_remove(&rekey, hosts_id(&hosts, FOUNDER)), 0);
	cr_expect_eq(org_capability(org), CAN_READ);
	cr_expect_eq(rekey_rotate(&rekey), -EACCES);
	org = org_free(org);
	cr_expect_eq(hosts_load(&hosts, FOUNDER, &org), -EKEYREJECTED);
	ORG *recovery = hosts_loaded(&hosts, RECOVERY);
	cr_expect(hosts_value_is(recovery, FIELD, "sk-one"));
}

/* An entry that did not come about, or came about though the engine says otherwise. */
Test(rekey, a_failed_entry_leaves_everything_as_it_was)
{
	for (size_t call = 0; call < 3; call++) {
		for (int after = 0; after < 2; after++) {
			HOSTS_ON_A_STORE hosts;
			hosts_init(&hosts);
			ORG *org = found_with_value(&hosts);
			const struct rekey rekey = org_rekey(org);
			const uint64_t generation = org_generation(org);
			int r;

			hosts.fail_at = hosts.appends + 1;
			hosts.fail_after = after;
			r = call == 0	? rekey_put(&rekey, hosts_public(&hosts, SECOND), CAN_READ)
			    : call == 1 ? rekey_remove(&rekey, hosts_id(&hosts, RECOVERY))
					: rekey_rotate(&rekey);
			cr_expect_eq(r, -EIO);
			cr_expect_eq(org_generation(org), generation);
			cr_expect(hosts_value_is(org, FIELD, "sk-one"));
			cr_expect_eq(hosts_put(org, 3, RECORD_ACCOUNT, 0, "x"),
				     after ? -ESTALE : 0);
			org = org_free(org);
			org = hosts_loaded(&hosts, FOUNDER);
			cr_expect(hosts_value_is(org, FIELD, "sk-one"));
			cr_expect_eq(org_check_keys(org), 0);
		}
	}
}

/* The engine gives another key for an epoch than the log commits to: its own, or a former one. */
Test(rekey, a_key_put_in_its_place_is_refused)
{
	static const struct {
		const char *sql;
		int expected;
	} rows[] = {
		{"UPDATE wrap SET ct = (SELECT ct FROM wrap AS w WHERE w.rid = wrap.rid AND "
		 "w.epoch = 1) WHERE epoch = 2",
		 -EBADMSG},
		{"DELETE FROM wrap WHERE epoch = 2", -EBADMSG},
		{"UPDATE wrap SET ct = zeroblob(80) WHERE epoch = 2", -EBADMSG},
		/* What is sealed under the former epoch is damaged; the rest goes on. */
		{"DELETE FROM wrap WHERE epoch = 1", 0},
		{"UPDATE wrap SET ct = (SELECT ct FROM wrap AS w WHERE w.rid = wrap.rid AND "
		 "w.epoch = 2) WHERE epoch = 1",
		 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		HOSTS_ON_A_STORE hosts;
		hosts_init(&hosts);
		ORG *org = found_with_value(&hosts);
		const struct rekey rekey = org_rekey(org);
		ORG *again = NULL;

		cr_assert_eq(rekey_rotate(&rekey), 0);
		cr_assert_eq(hosts_put(org, 3, RECORD_ACCOUNT, 0, "new"), 0);
		hosts.below = engine_close(hosts.below);
		tamper(hosts.place.store, rows[i].sql);
		cr_assert_eq(sqlite_open(hosts.place.store, &hosts.below), 0);
		cr_expect_eq(hosts_load(&hosts, FOUNDER, &again), rows[i].expected, "%s",
			     rows[i].sql);
		if (!again)
			continue;
		cr_expect_eq(org_check_keys(again), -EBADMSG);
		cr_expect_eq(org_damaged(again), 3, "%zu", org_damaged(again));
		cr_expect_not_null(org_record(again, hosts_record_id(3)));
		cr_expect_not(hosts_value_is(again, FIELD, "sk-one"));
		/* The next membership entry seals anew what this host can open. */
		const struct rekey repair = org_rekey(again);
		cr_assert_eq(rekey_put(&repair, hosts_public(&hosts, SECOND), CAN_READ), 0);
		ORG *second = hosts_loaded(&hosts, SECOND);
		cr_expect_not_null(org_record(second, hosts_record_id(3)));
	}
}
