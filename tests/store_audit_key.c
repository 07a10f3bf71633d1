#include "store/audit_key.h"

#include <criterion/criterion.h>
#include <string.h>

struct world {
	struct secret_pool *pool;
	struct recipient *host, *other;
	struct epoch_key *first, *second;
	struct secret *key;
	struct audit_key_place place;
	uint8_t wrap[AUDIT_WRAP_SIZE];
};

static void world_done(struct world *world)
{
	recipient_free(world->host);
	recipient_free(world->other);
	epoch_key_free(world->first);
	epoch_key_free(world->second);
	secret_free(world->key);
	secret_pool_free(world->pool);
}
#define WORLD CLEANUP(world_done) struct world

static struct world world_new(void)
{
	struct world world = {.place = {.org = {{1}}, .first = 7}};

	cr_assert_eq(secret_pool_new(4 << 20, &world.pool), 0);
	cr_assert_eq(recipient_generate(world.pool, &world.host), 0);
	cr_assert_eq(recipient_generate(world.pool, &world.other), 0);
	cr_assert_eq(epoch_key_generate(world.pool, 1, &world.first), 0);
	cr_assert_eq(epoch_key_generate(world.pool, 2, &world.second), 0);
	cr_assert_eq(audit_key_new(world.pool, &world.key), 0);
	world.place.recipient = recipient_public_id(recipient_public(world.host));
	world.place.commitment = audit_key_commitment(world.key);
	audit_key_wrap(world.key, &world.place, world.first, recipient_public(world.host),
		       world.wrap);
	return world;
}

static int try_open(const struct world *world, const struct epoch_key *epoch,
		    const struct recipient *host)
{
	CLEANUP_SECRET struct secret *key = NULL;
	int r = audit_key_open(world->pool, &world->place, world->wrap, epoch, host, &key);

	if (r == 0)
		cr_assert_arr_eq(secret_view(key), secret_view(world->key), AUDIT_KEY_SIZE);
	return r;
}

Test(audit_key, the_organisation_and_the_host_open_a_wrap_and_nobody_else)
{
	WORLD world = world_new();

	cr_assert_eq(audit_key_epoch(world.wrap), 1);
	cr_assert_eq(try_open(&world, world.first, NULL), 0);
	cr_assert_eq(try_open(&world, NULL, world.host), 0);
	cr_assert_eq(try_open(&world, world.second, world.host), 0);
	cr_assert_eq(try_open(&world, world.second, NULL), -EBADMSG);
	cr_assert_eq(try_open(&world, NULL, world.other), -EBADMSG);
	cr_assert_eq(try_open(&world, NULL, NULL), -EBADMSG);
}

Test(audit_key, another_epoch_replaces_the_organisations_part_and_leaves_the_hosts)
{
	WORLD world = world_new();

	audit_key_rewrap(world.key, &world.place, world.second, world.wrap);
	cr_assert_eq(audit_key_epoch(world.wrap), 2);
	cr_assert_eq(try_open(&world, world.second, NULL), 0);
	cr_assert_eq(try_open(&world, world.first, NULL), -EBADMSG);
	cr_assert_eq(try_open(&world, NULL, world.host), 0);
}

Test(audit_key, a_wrap_is_of_one_segment)
{
	WORLD world = world_new();

	world.place.first++;
	cr_assert_eq(try_open(&world, world.first, NULL), -EBADMSG);
	world.place.first--;
	world.place.org.bytes[3] ^= 1;
	cr_assert_eq(try_open(&world, world.first, NULL), -EBADMSG);
	world.place.org.bytes[3] ^= 1;
	world.place.recipient.bytes[3] ^= 1;
	cr_assert_eq(try_open(&world, world.first, NULL), -EBADMSG);
}

Test(audit_key, only_the_key_that_the_header_commits_to_is_taken)
{
	WORLD world = world_new();
	CLEANUP_SECRET struct secret *other = NULL;

	cr_assert_eq(audit_key_new(world.pool, &other), 0);
	audit_key_wrap(other, &world.place, world.first, recipient_public(world.host), world.wrap);
	cr_assert_eq(try_open(&world, world.first, world.host), -EBADMSG);
}

Test(audit_key, a_part_that_was_interrupted_leaves_the_other)
{
	WORLD world = world_new();

	memset(world.wrap + 16 + RECIPIENT_SEALED_KEY_SIZE + 10, 0, 40);
	cr_assert_eq(try_open(&world, world.first, NULL), -EBADMSG);
	cr_assert_eq(try_open(&world, world.first, world.host), 0);
}
