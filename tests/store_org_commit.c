#include "store/org.h"

#include "store/rekey.h"
#include "tests/hosts.h"

/* Two organisations of one store, each with an account and some fields; and changes of them. */
enum { ACCOUNT = 1, FIELD = 10, FIELDS = 4, ORGS = 2, CHANGES = ORGS * FIELDS };

struct acts {
	struct change *changes[CHANGES + 1];
	struct secret *values[CHANGES + 1];
	struct org_change list[CHANGES + 1];
	size_t count;
};

static void acts_done(struct acts *acts)
{
	for (size_t i = 0; i < acts->count; i++) {
		change_free(acts->changes[i]);
		secret_free(acts->values[i]);
	}
}
#define ACTS CLEANUP(acts_done) struct acts

static struct org *found(struct hosts *hosts, struct digest *ret)
{
	struct org *org = hosts_found(hosts);

	*ret = hosts->org;
	cr_assert_eq(hosts_put(org, ACCOUNT, RECORD_ACCOUNT, 0, "openai"), 0);
	return org;
}

/* A field that is new, with a value. */
static void add(struct hosts *hosts, struct acts *acts, struct org *org, uint32_t number,
		const char *name)
{
	CLEANUP_RECORD struct record record = {
		.id = hosts_record_id(number),
		.kind = RECORD_FIELD,
		.parent = hosts_record_id(ACCOUNT),
		.name = strdup(name),
		.secret = true,
		.value_version = 1,
	};
	const size_t at = acts->count++;

	cr_assert_eq(change_new(&acts->changes[at]), 0);
	cr_assert_eq(change_put(acts->changes[at], &record), 0);
	cr_assert_eq(secret_copy(hosts->pool, name, strlen(name), &acts->values[at]), 0);
	cr_assert_eq(change_put_value(acts->changes[at], record.id, 1, acts->values[at]), 0);
	acts->list[at] = (struct org_change){org, acts->changes[at], 0};
}

static const char *name_of(size_t number)
{
	static const char *const names[] = {"one", "two", "three", "four"};

	return names[number];
}

/* The fields of both organisations, in turn. */
static void add_all(struct hosts *hosts, struct acts *acts, struct org *const orgs[ORGS])
{
	for (uint32_t i = 0; i < FIELDS; i++) {
		for (size_t j = 0; j < ORGS; j++)
			add(hosts, acts, orgs[j], FIELD + i, name_of(i));
	}
}

/* Whether the organisation has all the fields, or none of them. */
static void expect_fields(const struct org *org, bool there, const char *what)
{
	cr_expect_eq(org_damaged(org), 0, "%s", what);
	for (uint32_t i = 0; i < FIELDS; i++) {
		cr_expect_eq(org_record(org, hosts_record_id(FIELD + i)) != NULL, there, "%s %u",
			     what, i);
		cr_expect_eq(hosts_value_is(org, FIELD + i, name_of(i)), there, "%s %u", what, i);
		cr_expect_eq(org_value_versions(org, hosts_record_id(FIELD + i), NULL, 0), there,
			     "%s %u", what, i);
	}
}

/* The same, here and as it would be loaded. */
static void expect_everywhere(struct hosts *hosts, const struct org *org,
			      const struct digest *fingerprint, bool there)
{
	CLEANUP(org_freep) struct org *loaded = NULL;

	expect_fields(org, there, "in memory");
	hosts->org = *fingerprint;
	loaded = hosts_loaded(hosts, FOUNDER);
	expect_fields(loaded, there, "loaded");
	cr_expect_eq(org_generation(loaded), org_generation(org));
}

struct two {
	struct hosts hosts;
	struct org *orgs[ORGS];
	struct digest fingerprints[ORGS];
};

static void two_init(struct two *two)
{
	hosts_init(&two->hosts);
	for (size_t i = 0; i < ORGS; i++)
		two->orgs[i] = found(&two->hosts, &two->fingerprints[i]);
	two->hosts.appends = 0;
}

static void two_done(struct two *two)
{
	for (size_t i = 0; i < ORGS; i++)
		org_free(two->orgs[i]);
	hosts_done(&two->hosts);
}
#define TWO CLEANUP(two_done) struct two

static void expect_both(struct two *two, bool there)
{
	for (size_t i = 0; i < ORGS; i++)
		expect_everywhere(&two->hosts, two->orgs[i], &two->fingerprints[i], there);
}

Test(org_commit, changes_that_come_together_are_one_entry_of_each_organisation)
{
	TWO two;
	two_init(&two);
	ACTS acts = {.count = 0};
	uint64_t generation = org_generation(two.orgs[0]);

	add_all(&two.hosts, &acts, two.orgs);
	cr_assert_eq(org_commit_all(acts.list, acts.count), 0);
	cr_expect_eq(two.hosts.appends, 1);
	for (size_t i = 0; i < ORGS; i++)
		cr_expect_eq(org_generation(two.orgs[i]), generation + 1);
	expect_both(&two, true);
}

Test(org_commit, nothing_of_any_is_there_when_the_engine_fails)
{
	TWO two;
	two_init(&two);
	ACTS acts = {.count = 0};

	add_all(&two.hosts, &acts, two.orgs);
	two.hosts.fail_at = 1;
	cr_assert_eq(org_commit_all(acts.list, acts.count), -EIO);
	expect_both(&two, false);
	/* And none of it stands in the way of doing it again. */
	cr_assert_eq(org_commit_all(acts.list, acts.count), 0);
	expect_both(&two, true);
}

Test(org_commit, nothing_of_any_is_there_when_one_is_refused)
{
	for (size_t place = 0; place <= CHANGES; place += CHANGES / 2) {
		TWO two;
		two_init(&two);
		ACTS acts = {.count = 0};

		for (uint32_t i = 0; i <= CHANGES; i++) {
			/* A field without a name is none. */
			if (i == place)
				add(&two.hosts, &acts, two.orgs[0], 99, "");
			if (i < CHANGES)
				add(&two.hosts, &acts, two.orgs[i % ORGS], FIELD + i / ORGS,
				    name_of(i / ORGS));
		}
		cr_expect_eq(org_commit_all(acts.list, acts.count), -EINVAL, "at %zu", place);
		cr_expect_eq(two.hosts.appends, 0);
		expect_both(&two, false);
	}
}

Test(org_commit, one_that_another_writer_was_before_keeps_all_from_being_written)
{
	TWO two;
	two_init(&two);
	ACTS acts = {.count = 0};
	CLEANUP(org_freep) struct org *other = NULL;

	two.hosts.org = two.fingerprints[1];
	other = hosts_loaded(&two.hosts, FOUNDER);
	cr_assert_eq(hosts_put(other, 50, RECORD_ACCOUNT, 0, "first"), 0);
	add_all(&two.hosts, &acts, two.orgs);
	cr_assert_eq(org_commit_all(acts.list, acts.count), -ESTALE);
	expect_everywhere(&two.hosts, two.orgs[0], &two.fingerprints[0], false);
	expect_everywhere(&two.hosts, other, &two.fingerprints[1], false);
}

Test(org_commit, what_changes_nothing_writes_nothing)
{
	TWO two;
	two_init(&two);
	CLEANUP(change_freep) struct change *empty = NULL;
	struct org_change list[] = {{two.orgs[0], NULL, 0}, {two.orgs[1], NULL, 0}};

	cr_assert_eq(change_new(&empty), 0);
	list[0].change = list[1].change = empty;
	cr_expect_eq(org_commit_all(list, 2), 0);
	cr_expect_eq(org_commit_all(list, 0), 0);
	cr_expect_eq(two.hosts.appends, 0);
}

Test(org_commit, no_more_than_are_promised)
{
	TWO two;
	two_init(&two);
	CLEANUP(change_freep) struct change *empty = NULL;
	struct org_change list[ORG_CHANGES_MAX + 1];

	cr_assert_eq(change_new(&empty), 0);
	for (size_t i = 0; i <= ORG_CHANGES_MAX; i++)
		list[i] = (struct org_change){two.orgs[0], empty, 0};
	cr_expect_eq(org_commit_all(list, ORG_CHANGES_MAX), 0);
	cr_expect_eq(org_commit_all(list, ORG_CHANGES_MAX + 1), -EINVAL);
}

static bool has_written(struct org *org, uint64_t generation, uint64_t time)
{
	bool written = false;

	cr_assert_eq(org_has_written(org, generation, time, &written), 0);
	return written;
}

Test(org_commit, an_entry_is_known_by_its_time_and_who_signed_it)
{
	HOSTS_ON_A_STORE hosts;
	hosts_init(&hosts);
	struct digest fingerprint;
	ORG *org = found(&hosts, &fingerprint);
	const uint64_t generation = org_generation(org);
	const struct rekey rekey = org_rekey(org);
	struct digest head;
	ACTS acts = {.count = 0};
	CLEANUP_NEWS struct news news = {0};
	bool written = false;

	add(&hosts, &acts, org, FIELD, "one");
	cr_assert_eq(org_commit_at(org, acts.changes[0], 1000), 0);
	cr_expect_eq(org_time(org), 1000);
	cr_expect(has_written(org, generation, 1000));
	cr_expect_not(has_written(org, generation, 1001));
	cr_expect_not(has_written(org, generation + 1, 1000), "it is not above that");
	cr_expect_not(has_written(org, UINT64_MAX, 1000));

	/* Another host writes one of this time as well: it is that one's. */
	cr_assert_eq(rekey_put(&rekey, hosts_public(&hosts, SECOND), CAN_WRITE), 0);
	ORG *second = hosts_loaded(&hosts, SECOND);
	add(&hosts, &acts, second, FIELD + 1, "two");
	cr_assert_eq(org_commit_at(second, acts.changes[1], 2000), 0);
	cr_assert_eq(org_refresh(org, &news), 0);
	cr_expect_eq(org_time(org), 2000);
	cr_expect_not(has_written(org, generation, 2000));
	cr_expect(has_written(second, generation, 2000));
	cr_expect(has_written(org, generation, 1000), "others came behind it");

	/* An engine that gives another log is not believed. */
	tamper(hosts.place.store, "UPDATE log SET entry = (SELECT entry FROM log WHERE gen = 3), "
				  "hash = (SELECT hash FROM log WHERE gen = 3) WHERE gen = 5");
	cr_assert_eq(hosts.below->ops->renew(hosts.below, &written), 0);
	cr_expect_eq(hosts.below->ops->head(hosts.below, org_id(org), &(uint64_t){0}, &head), 0);
	cr_expect_eq(org_has_written(org, generation, 1000, &written), -EBADMSG);
}
