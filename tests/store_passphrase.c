#include "store/passphrase.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#define CLEANUP_POOL CLEANUP(secret_pool_freep)
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char context[] = "what is bound to it";
static const uint8_t seed[RECIPIENT_SEED_SIZE] = {1, 2, 3};

static struct secret_pool *new_pool(void)
{
	struct secret_pool *pool = NULL;

	cr_assert_eq(secret_pool_new(1 << 20, &pool), 0);
	return pool;
}

static struct secret *secret_of(struct secret_pool *pool, const char *text)
{
	struct secret *secret = NULL;

	cr_assert_eq(secret_copy(pool, text, strlen(text), &secret), 0);
	return secret;
}

/* The cheapest that is accepted. */
static struct passphrase_cost cheap(void)
{
	struct passphrase_cost cost = passphrase_cost_new();

	cost.mebibytes = PASSPHRASE_MEBIBYTES_MIN;
	return cost;
}

Test(passphrase, costs_what_is_usual_and_has_a_salt_of_its_own)
{
	CLEANUP_POOL struct secret_pool *pool = new_pool();
	struct passphrase_cost one = passphrase_cost_new(), other = passphrase_cost_new();

	cr_assert_not_null(pool, "libsodium is ready");
	cr_expect_eq(one.operations, 3);
	cr_expect_eq(one.mebibytes, 256);
	cr_expect_neq(memcmp(one.salt, other.salt, sizeof(one.salt)), 0);
	cr_expect_eq(passphrase_cost_check(&one), 0);
}

static const struct {
	unsigned operations, mebibytes;
	int result;
} bounds[] = {
	{3, 64, 0},	     {10, 2048, 0},	{2, 256, -ERANGE},     {0, 256, -ERANGE},
	{11, 256, -ERANGE},  {3, 63, -ERANGE},	{3, 0, -ERANGE},       {3, 2049, -ERANGE},
	{~0u, 256, -ERANGE}, {3, ~0u, -ERANGE}, {3, 1 << 30, -ERANGE},
};

Test(passphrase, cheaper_or_dearer_than_the_bounds_is_refused_before_it_is_used)
{
	CLEANUP_POOL struct secret_pool *pool = new_pool();
	CLEANUP_SECRET struct secret *words = secret_of(pool, "correct horse");
	uint8_t sealed[PASSPHRASE_SEALED_SIZE] = {0};

	for (size_t i = 0; i < COUNT(bounds); i++) {
		struct passphrase_cost cost = cheap();
		struct secret *opened = NULL;

		cost.operations = bounds[i].operations;
		cost.mebibytes = bounds[i].mebibytes;
		cr_expect_eq(passphrase_cost_check(&cost), bounds[i].result, "%zu", i);
		if (bounds[i].result == 0)
			continue;
		cr_expect_eq(passphrase_seal(words, &cost, context, seed, sealed), -ERANGE);
		cr_expect_eq(passphrase_open(words, &cost, context, sealed, &opened), -ERANGE);
	}
}

Test(passphrase, opens_what_it_sealed)
{
	CLEANUP_POOL struct secret_pool *pool = new_pool();
	CLEANUP_SECRET struct secret *words = secret_of(pool, "correct horse");
	CLEANUP_SECRET struct secret *opened = NULL;
	const struct passphrase_cost cost = cheap();
	uint8_t sealed[PASSPHRASE_SEALED_SIZE], again[PASSPHRASE_SEALED_SIZE];

	cr_assert_eq(passphrase_seal(words, &cost, context, seed, sealed), 0);
	cr_assert_eq(passphrase_open(words, &cost, context, sealed, &opened), 0);
	cr_expect_eq(secret_size(opened), sizeof(seed));
	cr_expect_eq(memcmp(secret_view(opened), seed, sizeof(seed)), 0);
	cr_assert_eq(passphrase_seal(words, &cost, context, seed, again), 0);
	cr_expect_neq(memcmp(sealed, again, sizeof(sealed)), 0);
}

Test(passphrase, opens_nothing_that_is_not_what_was_sealed)
{
	CLEANUP_POOL struct secret_pool *pool = new_pool();
	CLEANUP_SECRET struct secret *words = secret_of(pool, "correct horse");
	CLEANUP_SECRET struct secret *others = secret_of(pool, "correct horsf");
	CLEANUP_SECRET struct secret *none = secret_of(pool, "");
	CLEANUP_SECRET struct secret *opened = NULL;
	struct passphrase_cost cost = cheap();
	uint8_t sealed[PASSPHRASE_SEALED_SIZE];
	const size_t places[] = {0, 23, 24, 55, 56, 71};

	cr_assert_eq(passphrase_seal(words, &cost, context, seed, sealed), 0);
	cr_expect_eq(passphrase_open(others, &cost, context, sealed, &opened), -EKEYREJECTED);
	cr_expect_eq(passphrase_open(none, &cost, context, sealed, &opened), -EKEYREJECTED);
	cr_expect_eq(passphrase_open(words, &cost, "another", sealed, &opened), -EKEYREJECTED);
	for (size_t i = 0; i < COUNT(places); i++) {
		sealed[places[i]] ^= 1;
		cr_expect_eq(passphrase_open(words, &cost, context, sealed, &opened),
			     -EKEYREJECTED);
		sealed[places[i]] ^= 1;
	}
	cost.salt[0] ^= 1;
	cr_expect_eq(passphrase_open(words, &cost, context, sealed, &opened), -EKEYREJECTED);
	cost.salt[0] ^= 1;
	cost.operations++;
	cr_expect_eq(passphrase_open(words, &cost, context, sealed, &opened), -EKEYREJECTED);
	cost.operations--;
	cost.mebibytes++;
	cr_expect_eq(passphrase_open(words, &cost, context, sealed, &opened), -EKEYREJECTED);
}

#ifndef __SANITIZE_ADDRESS__
/* Address space is the sanitizer's. */
Test(passphrase, that_cannot_have_its_memory_makes_no_key)
{
	CLEANUP_POOL struct secret_pool *pool = new_pool();
	CLEANUP_SECRET struct secret *words = secret_of(pool, "correct horse");
	CLEANUP_SECRET struct secret *opened = NULL;
	const struct passphrase_cost usual = passphrase_cost_new();
	const struct rlimit limit = {200 << 20, 200 << 20};
	uint8_t sealed[PASSPHRASE_SEALED_SIZE] = {0};
	const uint8_t nothing[PASSPHRASE_SEALED_SIZE] = {0};

	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
	cr_expect_eq(passphrase_seal(words, &usual, context, seed, sealed), -ENOMEM);
	cr_expect_eq(memcmp(sealed, nothing, sizeof(sealed)), 0);
	cr_expect_eq(passphrase_open(words, &usual, context, sealed, &opened), -ENOMEM);
	cr_expect_null(opened);
}
#endif
