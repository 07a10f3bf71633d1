#include "store/membership.h"

#include <criterion/criterion.h>

#define POOL CLEANUP(secret_pool_freep) struct secret_pool
#define MEMBERSHIP CLEANUP_MEMBERSHIP struct membership

enum { COUNT = 5 };

/* Public keys, the same in every run. */
static void people(struct recipient_public ret[COUNT])
{
	POOL *pool = NULL;

	cr_assert_eq(secret_pool_new(1 << 20, &pool), 0);
	for (size_t i = 0; i < COUNT; i++) {
		const uint8_t seed[RECIPIENT_SEED_SIZE] = {(uint8_t)(i + 1)};
		struct recipient *recipient = NULL;

		cr_assert_eq(recipient_from_seed(pool, seed, &recipient), 0);
		ret[i] = *recipient_public(recipient);
		recipient_free(recipient);
	}
}

/* Two managers and a writer, in epochs 3 and 5. */
static struct membership three(const struct recipient_public *publics)
{
	struct entry_member members[] = {
		{CAN_MANAGE, publics[0]}, {CAN_MANAGE, publics[1]}, {CAN_WRITE, publics[2]}};
	struct entry_epoch epochs[] = {{3, {{3}}, {{33}}}, {5, {{5}}, {{55}}}};
	const struct entry entry = {.type = ENTRY_ADD,
				    .members = members,
				    .member_count = 3,
				    .epochs = epochs,
				    .epoch_count = 2};
	struct membership membership = {0};

	cr_assert_eq(membership_of(&entry, &membership), 0);
	return membership;
}

Test(membership, is_what_the_entry_says_and_says_it_again)
{
	struct recipient_public publics[COUNT];
	people(publics);
	MEMBERSHIP membership = three(publics);
	MEMBERSHIP again = {0};
	CLEANUP_ENTRY struct entry entry = {.type = ENTRY_ADD};

	cr_expect_eq(membership.member_count, 3);
	cr_expect_eq(membership_newest(&membership)->number, 5);
	cr_expect_eq(membership_epoch(&membership, 3)->wrapset.bytes[0], 33);
	cr_expect_null(membership_epoch(&membership, 4));
	for (size_t i = 0; i < COUNT; i++) {
		const struct member *member =
			membership_find(&membership, recipient_public_id(&publics[i]));

		cr_assert_eq(member != NULL, i < 3);
		cr_expect(!member || member->can == (i < 2 ? CAN_MANAGE : CAN_WRITE));
	}
	cr_assert_eq(membership_list(&membership, &entry), 0);
	cr_assert_eq(membership_of(&entry, &again), 0);
	cr_expect_eq(membership_turn(ENTRY_EPOCH, &membership, &again), -EBADMSG);
	cr_expect_arr_eq(membership.members, again.members, 3 * sizeof(struct member));
	cr_expect_arr_eq(membership.epochs, again.epochs, 2 * sizeof(struct entry_epoch));
}

Test(membership, that_nobody_could_change_any_more_or_names_one_twice_is_none)
{
	struct recipient_public publics[COUNT];
	people(publics);
	struct entry_epoch epoch = {1, {{1}}, {{1}}};
	struct entry_member members[][2] = {
		{{CAN_WRITE, publics[0]}, {CAN_READ, publics[1]}},
		{{CAN_MANAGE, publics[0]}, {CAN_READ, publics[0]}},
	};
	struct membership membership = {0};
	struct entry entry = {
		.type = ENTRY_ADD, .epochs = &epoch, .epoch_count = 1, .member_count = 2};

	for (size_t i = 0; i < 2; i++) {
		entry.members = members[i];
		cr_expect_eq(membership_of(&entry, &membership), -EBADMSG);
	}
	entry.member_count = 0;
	cr_expect_eq(membership_of(&entry, &membership), -EBADMSG);
	entry.member_count = 1;
	entry.epoch_count = 0;
	cr_expect_eq(membership_of(&entry, &membership), -EBADMSG);
}

static void join(struct membership *membership, const struct recipient_public *publics)
{
	cr_assert_eq(membership_put(membership, &publics[3], CAN_READ), 0);
}

static void raise(struct membership *membership, const struct recipient_public *publics)
{
	cr_assert_eq(membership_put(membership, &publics[2], CAN_MANAGE), 0);
}

static void leave(struct membership *membership, const struct recipient_public *publics)
{
	cr_assert_eq(membership_remove(membership, recipient_public_id(&publics[1])), 0);
}

static void begin(struct membership *membership, const struct recipient_public *publics)
{
	const struct digest commitment = {{publics[0].box[0]}};

	cr_assert_eq(membership_begin(membership, &commitment), 0);
}

static void end(struct membership *membership, const struct recipient_public *publics)
{
	(void)publics;
	membership_retire(membership);
}

/* Every pair of what can be done, under every type: only what belongs to it alone. */
Test(membership, a_turn_is_what_its_type_says_and_nothing_else)
{
	static void (*const deeds[])(struct membership *, const struct recipient_public *) = {
		NULL, join, raise, leave, begin, end};
	enum { NONE, JOIN, RAISE, LEAVE, BEGIN, END, DEEDS };
	static const enum entry_type types[] = {ENTRY_ADD,    ENTRY_REMOVE, ENTRY_EPOCH,
						ENTRY_RETIRE, ENTRY_CHANGE, ENTRY_GENESIS,
						ENTRY_RECOVER};
	static const bool allowed[ENTRY_TYPES][DEEDS][DEEDS] = {
		[ENTRY_ADD] = {[NONE][JOIN] = true, [NONE][RAISE] = true, [JOIN][RAISE] = true},
		[ENTRY_REMOVE] = {[LEAVE][BEGIN] = true},
		[ENTRY_EPOCH] = {[NONE][BEGIN] = true},
		[ENTRY_RETIRE] = {[NONE][END] = true},
	};
	struct recipient_public publics[COUNT];
	people(publics);

	for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++) {
		for (size_t i = 0; i < DEEDS; i++) {
			for (size_t j = i + 1; j < DEEDS; j++) {
				MEMBERSHIP old = three(publics);
				MEMBERSHIP new = {0};
				const bool expected = allowed[types[t]][i][j];

				cr_assert_eq(membership_copy(&old, &new), 0);
				if (deeds[i])
					deeds[i](&new, publics);
				deeds[j](&new, publics);
				/* To end the others after beginning one ends the newest. */
				cr_expect_eq(membership_turn(types[t], &old, &new),
					     expected ? 0 : -EBADMSG, "type %d: %zu %zu", types[t],
					     i, j);
			}
		}
	}
}

Test(membership, keys_of_low_order_do_not_join)
{
	struct recipient_public publics[COUNT];
	people(publics);
	MEMBERSHIP membership = three(publics);
	const struct recipient_public low = {.sign = {1}};

	cr_expect_eq(membership_put(&membership, &low, CAN_READ), -EINVAL);
	cr_expect_eq(membership.member_count, 3);
	cr_expect_eq(membership_remove(&membership, recipient_public_id(&publics[4])), -ENOENT);
	cr_expect_eq(membership_put(&membership, &publics[2], CAN_READ), 0);
	cr_expect_eq(membership.member_count, 3);
}
