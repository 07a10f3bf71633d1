/*
 * An organisation founded by hand: a manager, a writer and a reader, and entries made to order, as
 * whoever holds their keys could make them. Keys are the same in every run.
 */
#pragma once

#include <criterion/criterion.h>

#include "store/entry.h"
#include "store/key.h"
#include "store/map.h"
#include "store/record.h"
#include "store/seal.h"

enum founding_member { MANAGER, WRITER, READER, STRANGER, MEMBERS };
enum { FOUNDING_EPOCHS = 4 };

struct founding {
	struct secret_pool *pool;
	struct recipient *members[MEMBERS]; /* the stranger is none */
	struct epoch_key *key;
	struct map *map; /* as it is after the newest entry */
	/* What the newest membership entry said; to be changed for the next. */
	struct entry_member list[MEMBERS];
	size_t member_count;
	struct entry_epoch epochs[FOUNDING_EPOCHS];
	size_t epoch_count;
	struct digest fingerprint;
	struct digest head;
	struct digest member_head;
	uint64_t generation;
	uint8_t *bytes; /* the newest entry */
	size_t size;
};

static inline void founding_done(struct founding *founding)
{
	for (size_t i = 0; i < MEMBERS; i++)
		recipient_free(founding->members[i]);
	epoch_key_free(founding->key);
	map_free(founding->map);
	free(founding->bytes);
	secret_pool_free(founding->pool);
}
#define FOUNDING CLEANUP(founding_done) struct founding

static inline struct entry_member founding_member(const struct founding *founding, size_t member)
{
	return (struct entry_member){
		.can = (enum capability)(CAN_MANAGE - member),
		.public = *recipient_public(founding->members[member]),
	};
}

/* Sign the entry and take it for the newest one. */
static inline void founding_sign(struct founding *founding, struct entry *entry, size_t signer)
{
	free(founding->bytes);
	founding->bytes = NULL;
	cr_assert_eq(
		entry_sign(entry, founding->members[signer], &founding->bytes, &founding->size), 0);
	founding->head = entry_digest(founding->bytes, founding->size);
	if (entry->type != ENTRY_CHANGE && entry->type != ENTRY_RECOVER)
		founding->member_head = founding->head;
	founding->generation = entry->generation;
}

/* Have a membership entry say what the founding has; it borrows. */
static inline void founding_say_members(struct founding *founding, struct entry *entry)
{
	entry->members = founding->list;
	entry->member_count = founding->member_count;
	entry->epochs = founding->epochs;
	entry->epoch_count = founding->epoch_count;
}

static inline struct founding founding_new(void)
{
	struct founding founding = {.generation = 0};
	struct entry genesis = {.type = ENTRY_GENESIS, .generation = 1, .time = 1};

	cr_assert_eq(secret_pool_new(4 << 20, &founding.pool), 0);
	for (size_t i = 0; i < MEMBERS; i++) {
		const uint8_t seed[RECIPIENT_SEED_SIZE] = {(uint8_t)(i + 1)};

		cr_assert_eq(recipient_from_seed(founding.pool, seed, &founding.members[i]), 0);
	}
	cr_assert_eq(epoch_key_generate(founding.pool, 1, &founding.key), 0);
	cr_assert_eq(map_new(&founding.map), 0);
	for (size_t i = 0; i < STRANGER; i++)
		founding.list[founding.member_count++] = founding_member(&founding, i);
	founding.epochs[founding.epoch_count++] =
		(struct entry_epoch){1, epoch_key_commitment(founding.key), {{0}}};
	founding_say_members(&founding, &genesis);
	genesis.root = map_root(founding.map);
	founding_sign(&founding, &genesis, MANAGER);
	founding.fingerprint = founding.head;
	return founding;
}

/* The change that would come next, without rows. */
static inline struct entry founding_next(struct founding *founding)
{
	return (struct entry){
		.type = ENTRY_CHANGE,
		.org = org_id_of(&founding->fingerprint),
		.generation = founding->generation + 1,
		.previous = founding->head,
		.time = founding->generation + 1,
		.root = map_root(founding->map),
		.member_head = founding->member_head,
	};
}
