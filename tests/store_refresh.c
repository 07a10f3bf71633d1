#include "store/refresh.h"

#include "tests/hosts.h"

enum { ACCOUNT = 1, FIELD, OTHER };

static bool is_behind(const struct org *org)
{
	bool behind = false;

	cr_assert_eq(org_is_behind(org, &behind), 0);
	return behind;
}

static const struct news_item *item_of(const struct news *news, uint32_t number)
{
	for (size_t i = 0; i < news->count; i++) {
		if (record_id_equal(news->items[i].id, hosts_record_id(number)))
			return &news->items[i];
	}
	return NULL;
}

/* The founder's organisation with one value, and the second host's view of it. */
static struct org *found_for_two(struct hosts *hosts, enum capability can, struct org **ret_second)
{
	struct org *org = hosts_found(hosts);
	const struct rekey rekey = org_rekey(org);

	cr_assert_eq(hosts_put(org, ACCOUNT, RECORD_ACCOUNT, 0, "openai"), 0);
	cr_assert_eq(hosts_put(org, FIELD, RECORD_FIELD, ACCOUNT, "api_key"), 0);
	cr_assert_eq(hosts_put_value(hosts, org, FIELD, "sk-one"), 0);
	cr_assert_eq(rekey_put(&rekey, hosts_public(hosts, SECOND), can), 0);
	*ret_second = hosts_loaded(hosts, SECOND);
	return org;
}

Test(refresh, what_another_wrote_is_followed_and_told)
{
	HOSTS_ON_A_STORE hosts;
	hosts_init(&hosts);
	ORG *second = NULL;
	ORG *org = found_for_two(&hosts, CAN_WRITE, &second);
	CLEANUP(change_freep) struct change *change = NULL;
	CLEANUP_NEWS struct news news = {0};

	cr_expect_not(is_behind(second));
	cr_assert_eq(org_refresh(second, &news), 0);
	cr_expect_eq(news.count, 0);
	cr_expect_not(news.membership);

	cr_assert_eq(hosts_put(org, ACCOUNT, RECORD_ACCOUNT, 0, "renamed"), 0);
	cr_assert_eq(hosts_put(org, OTHER, RECORD_ACCOUNT, 0, "anthropic"), 0);
	cr_assert_eq(change_new(&change), 0);
	cr_assert_eq(change_remove(change, hosts_record_id(FIELD)), 0);
	cr_assert_eq(org_commit(org, change), 0);
	cr_expect(is_behind(second));
	news_done(&news);
	cr_assert_eq(org_refresh(second, &news), 0);
	cr_expect_not(is_behind(second));
	cr_expect_eq(org_generation(second), org_generation(org));
	cr_expect_eq(news.count, 3);
	cr_expect_not(news.membership);
	cr_assert_not_null(item_of(&news, ACCOUNT));
	cr_expect_str_eq(item_of(&news, ACCOUNT)->former.name, "openai");
	cr_expect_not(item_of(&news, OTHER)->existed);
	cr_expect_str_eq(item_of(&news, FIELD)->former.name, "api_key");
	cr_expect_str_eq(org_record(second, hosts_record_id(ACCOUNT))->name, "renamed");
	cr_expect_not_null(org_child(second, (struct record_id){{0}}, RECORD_ACCOUNT, "anthropic"));
	cr_expect_null(org_record(second, hosts_record_id(FIELD)));
	cr_expect_not(hosts_value_is(second, FIELD, "sk-one"));
	/* And goes on from there. */
	cr_expect_eq(hosts_put(second, 9, RECORD_ACCOUNT, 0, "own"), 0);
	cr_expect_eq(hosts_put(org, 10, RECORD_ACCOUNT, 0, "late"), -ESTALE);
}

Test(refresh, a_new_epoch_is_opened_and_a_retired_one_dropped)
{
	HOSTS_ON_A_STORE hosts;
	hosts_init(&hosts);
	ORG *second = NULL;
	ORG *org = found_for_two(&hosts, CAN_READ, &second);
	const struct rekey rekey = org_rekey(org);
	struct resealed reseal;

	for (int round = 0; round < 3; round++) {
		CLEANUP_NEWS struct news begun = {0}, ended = {0};

		cr_assert_eq(rekey_rotate(&rekey), 0);
		cr_assert_eq(org_refresh(second, &begun), 0);
		cr_expect(begun.membership);
		cr_expect_eq(begun.count, 0);
		cr_expect(hosts_value_is(second, FIELD, "sk-one"));
		cr_assert_eq(org_reseal(org, 100, &reseal), 0);
		cr_expect_not(hosts_value_is(second, FIELD, "sk-one"), "not followed yet");
		cr_assert_eq(org_refresh(second, &ended), 0);
		cr_expect(ended.membership);
		cr_expect_eq(ended.count, 0);
		cr_expect(hosts_value_is(second, FIELD, "sk-one"));
		cr_expect_eq(org_membership(second)->epoch_count, 1);
		cr_expect_eq(org_damaged(second), 0);
	}
}

Test(refresh, who_was_removed_learns_it)
{
	HOSTS_ON_A_STORE hosts;
	hosts_init(&hosts);
	ORG *second = NULL;
	ORG *org = found_for_two(&hosts, CAN_WRITE, &second);
	const struct rekey rekey = org_rekey(org);
	CLEANUP_NEWS struct news news = {0};

	cr_assert_eq(rekey_remove(&rekey, hosts_id(&hosts, SECOND)), 0);
	cr_expect_eq(org_refresh(second, &news), -EKEYREJECTED);
	cr_expect_eq(hosts_put(second, 9, RECORD_ACCOUNT, 0, "own"), -EUCLEAN);
}

/* Somebody with the engine in his hands puts in an entry that nobody may sign. */
Test(refresh, what_does_not_verify_is_not_followed_and_the_rest_goes_on)
{
	HOSTS_ON_A_STORE hosts;
	hosts_init(&hosts);
	ORG *second = NULL;
	ORG *org = found_for_two(&hosts, CAN_WRITE, &second);
	const uint64_t generation = org_generation(org);
	CLEANUP_NEWS struct news news = {0};

	cr_assert_eq(hosts_put(org, OTHER, RECORD_ACCOUNT, 0, "anthropic"), 0);
	cr_assert_eq(hosts_put(org, 9, RECORD_ACCOUNT, 0, "forged"), 0);
	hosts.below = engine_close(hosts.below);
	tamper(hosts.place.store, "UPDATE log SET entry = CAST(substr(entry, 1, length(entry) - 1)"
				  " || x'5a' AS BLOB) WHERE gen = (SELECT max(gen) FROM log)");
	cr_assert_eq(sqlite_open(hosts.place.store, &hosts.below), 0);
	cr_expect_eq(org_refresh(second, &news), -EBADMSG);
	cr_expect_eq(org_generation(second), generation + 1);
	cr_expect_eq(news.count, 1);
	cr_expect_not_null(org_record(second, hosts_record_id(OTHER)));
	cr_expect_null(org_record(second, hosts_record_id(9)));
	cr_expect(hosts_value_is(second, FIELD, "sk-one"));
}

Test(refresh, a_record_that_is_damaged_is_counted_until_it_is_written_anew)
{
	HOSTS_ON_A_STORE hosts;
	hosts_init(&hosts);
	ORG *second = NULL;
	ORG *org = found_for_two(&hosts, CAN_WRITE, &second);
	CLEANUP_NEWS struct news news = {0}, healed = {0};

	cr_assert_eq(hosts_put(org, ACCOUNT, RECORD_ACCOUNT, 0, "renamed"), 0);
	hosts.below = engine_close(hosts.below);
	tamper(hosts.place.store, "UPDATE item SET ct = zeroblob(104) WHERE kind = 5");
	cr_assert_eq(sqlite_open(hosts.place.store, &hosts.below), 0);
	cr_assert_eq(org_refresh(second, &news), 0);
	cr_expect_eq(org_damaged(second), 1);
	cr_expect_eq(news.count, 1);
	cr_assert_eq(hosts_put(org, ACCOUNT, RECORD_ACCOUNT, 0, "again"), 0);
	cr_assert_eq(org_refresh(second, &healed), 0);
	cr_expect_eq(org_damaged(second), 0);
	cr_expect_eq(healed.count, 1);
	cr_expect_not(healed.items[0].existed);
}
