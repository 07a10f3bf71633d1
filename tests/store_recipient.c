#include "store/recipient.h"

#include "tests/vectors.h"

#define CLEANUP_POOL CLEANUP(secret_pool_freep)
#define CLEANUP_RECIPIENT CLEANUP(recipient_freep)

static struct secret_pool *pool_new(void)
{
	struct secret_pool *pool = NULL;

	cr_assert_eq(secret_pool_new(1 << 20, &pool), 0);
	return pool;
}

static struct recipient *from_vector(struct secret_pool *pool, const json_t *vector)
{
	struct recipient *recipient = NULL;
	uint8_t seed[RECIPIENT_SEED_SIZE];

	vector_get(vector, "seed", seed, sizeof(seed));
	cr_assert_eq(recipient_from_seed(pool, seed, &recipient), 0);
	cr_assert_arr_eq(recipient_seed(recipient), seed, sizeof(seed));
	return recipient;
}

Test(recipient, keys_id_and_host_key_follow_from_the_seed)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	json_auto_t *cases = vectors("recipient", "cases");
	json_t *vector;
	size_t i;

	json_array_foreach(cases, i, vector)
	{
		CLEANUP_RECIPIENT struct recipient *recipient = from_vector(pool, vector);
		const struct recipient_public *public = recipient_public(recipient);
		struct recipient_id id = recipient_public_id(public);
		uint8_t host_key[32];

		recipient_host_key(recipient, host_key);
		cr_assert(vector_holds(vector, "box", public->box, sizeof(public->box)));
		cr_assert(vector_holds(vector, "sign", public->sign, sizeof(public->sign)));
		cr_assert(vector_holds(vector, "id", id.bytes, sizeof(id.bytes)));
		cr_assert(vector_holds(vector, "host_key", host_key, sizeof(host_key)));
		cr_assert(recipient_public_is_valid(public));
		cr_assert_eq(recipient_pool(recipient), pool);
	}
}

Test(recipient, text_is_printed_and_read_back)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	json_auto_t *cases = vectors("recipient", "cases");
	json_t *vector;
	size_t i;

	json_array_foreach(cases, i, vector)
	{
		CLEANUP_RECIPIENT struct recipient *recipient = from_vector(pool, vector);
		struct recipient_public read;
		char text[RECIPIENT_TEXT_SIZE];

		recipient_public_format(recipient_public(recipient), text);
		cr_assert_str_eq(text, vector_text(vector, "text"));
		cr_assert_eq(recipient_public_parse(text, &read), 0);
		cr_assert_arr_eq((void *)&read, (const void *)recipient_public(recipient),
				 sizeof(read));
	}
}

Test(recipient, text_that_would_not_be_printed_is_refused)
{
	json_auto_t *refused = vectors("recipient", "texts_refused");
	struct recipient_public public;
	json_t *vector;
	size_t i;

	json_array_foreach(refused, i, vector)
		cr_assert_eq(recipient_public_parse(vector_text(vector, "text"), &public), -EBADMSG,
			     "%s", vector_why(vector));
}

Test(recipient, phrase_is_printed_and_read_back)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	json_auto_t *cases = vectors("recipient", "cases");
	json_t *vector;
	size_t i;

	json_array_foreach(cases, i, vector)
	{
		CLEANUP_RECIPIENT struct recipient *recipient = from_vector(pool, vector);
		CLEANUP_RECIPIENT struct recipient *read = NULL;
		CLEANUP_SECRET struct secret *phrase = NULL;
		const char *text = vector_text(vector, "phrase");

		cr_assert_eq(recipient_phrase(recipient, pool, &phrase), 0);
		cr_assert_eq(secret_size(phrase), strlen(text));
		cr_assert_arr_eq(secret_view(phrase), text, strlen(text));
		cr_assert_eq(recipient_from_phrase(pool, text, strlen(text), &read), 0);
		cr_assert_arr_eq(recipient_seed(read), recipient_seed(recipient),
				 RECIPIENT_SEED_SIZE);
	}
}

Test(recipient, phrase_is_read_whatever_its_case_blanks_and_dashes)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	json_auto_t *cases = vectors("recipient", "phrases_read");
	json_t *vector;
	size_t i;

	json_array_foreach(cases, i, vector)
	{
		CLEANUP_RECIPIENT struct recipient *read = NULL;
		const char *text = vector_text(vector, "phrase");

		cr_assert_eq(recipient_from_phrase(pool, text, strlen(text), &read), 0, "%s",
			     vector_why(vector));
		cr_assert(vector_holds(vector, "seed", recipient_seed(read), RECIPIENT_SEED_SIZE));
	}
}

Test(recipient, phrase_with_a_mistake_is_refused)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	json_auto_t *refused = vectors("recipient", "phrases_refused");
	struct recipient *read = NULL;
	json_t *vector;
	size_t i;

	json_array_foreach(refused, i, vector)
	{
		const char *text = vector_text(vector, "phrase");

		cr_assert_eq(recipient_from_phrase(pool, text, strlen(text), &read), -EBADMSG, "%s",
			     vector_why(vector));
	}
	cr_assert_eq(recipient_from_phrase(pool, "\0", 1, &read), -EBADMSG);
	cr_assert_null(read);
}

Test(recipient, signature_holds_for_its_domain_and_bytes_alone)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	json_auto_t *vector = vectors("recipient", "signature");
	CLEANUP_RECIPIENT struct recipient *signer = from_vector(pool, vector);
	CLEANUP_RECIPIENT struct recipient *other = NULL;
	CLEANUP_BYTES struct bytes message = vector_bytes(vector, "message");
	const struct recipient_public *public = recipient_public(signer);
	const char *domain = vector_text(vector, "domain");
	uint8_t signature[RECIPIENT_SIGNATURE_SIZE];

	recipient_sign(signer, domain, message.at, message.size, signature);
	cr_assert(vector_holds(vector, "signature", signature, sizeof(signature)));
	cr_assert_eq(recipient_verify(public, domain, message.at, message.size, signature), 0);

	cr_assert_eq(
		recipient_verify(public, "credfs vector v2", message.at, message.size, signature),
		-EBADMSG);
	cr_assert_eq(recipient_verify(public, domain, message.at, message.size - 1, signature),
		     -EBADMSG);
	cr_assert_eq(recipient_generate(pool, &other), 0);
	cr_assert_eq(recipient_verify(recipient_public(other), domain, message.at, message.size,
				      signature),
		     -EBADMSG);
	for (size_t i = 0; i < sizeof(signature); i++) {
		signature[i] ^= 1;
		cr_assert_eq(recipient_verify(public, domain, message.at, message.size, signature),
			     -EBADMSG);
		signature[i] ^= 1;
	}
}

Test(recipient, sealed_key_opens_to_its_recipient_alone)
{
	static const uint8_t key[32] = {1, 2, 3};
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	CLEANUP_RECIPIENT struct recipient *recipient = NULL, *other = NULL;
	uint8_t sealed[RECIPIENT_SEALED_KEY_SIZE], opened[32];

	cr_assert_eq(recipient_generate(pool, &recipient), 0);
	cr_assert_eq(recipient_generate(pool, &other), 0);
	recipient_seal_key(recipient_public(recipient), key, sealed);
	cr_assert_eq(recipient_open_key(recipient, sealed, opened), 0);
	cr_assert_arr_eq(opened, key, sizeof(key));
	cr_assert_eq(recipient_open_key(other, sealed, opened), -EBADMSG);
}

Test(recipient, key_sealed_to_no_valid_recipient_opens_to_nobody)
{
	static const uint8_t key[32] = {1, 2, 3};
	static const uint8_t zeros[RECIPIENT_SEALED_KEY_SIZE];
	static const struct recipient_public invalid = {{0}, {0}};
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	CLEANUP_RECIPIENT struct recipient *recipient = NULL;
	uint8_t sealed[RECIPIENT_SEALED_KEY_SIZE], opened[32];

	cr_assert_not(recipient_public_is_valid(&invalid));
	recipient_seal_key(&invalid, key, sealed);
	cr_assert_arr_eq(sealed, zeros, sizeof(zeros));
	cr_assert_eq(recipient_generate(pool, &recipient), 0);
	cr_assert_eq(recipient_open_key(recipient, sealed, opened), -EBADMSG);
}

Test(recipient, generated_ones_differ)
{
	CLEANUP_POOL struct secret_pool *pool = pool_new();
	CLEANUP_RECIPIENT struct recipient *one = NULL, *two = NULL;

	cr_assert_eq(recipient_generate(pool, &one), 0);
	cr_assert_eq(recipient_generate(pool, &two), 0);
	cr_assert_arr_neq(recipient_seed(one), recipient_seed(two), RECIPIENT_SEED_SIZE);
}

Test(recipient, is_refused_when_the_pool_is_full)
{
	CLEANUP_POOL struct secret_pool *pool = NULL;
	CLEANUP_SECRET struct secret *first = NULL, *second = NULL;
	static const uint8_t seed[RECIPIENT_SEED_SIZE];
	struct recipient *recipient = NULL;

	cr_assert_eq(secret_pool_new(256 * 1024, &pool), 0);
	cr_assert_eq(secret_new(pool, 100000, &first), 0);
	cr_assert_eq(secret_new(pool, 100000, &second), 0);
	cr_assert_eq(recipient_from_seed(pool, seed, &recipient), -ENOMEM);
	cr_assert_null(recipient);
}
