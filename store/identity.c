/*
 * The first form is a text of three lines:
 *
 *   credfs identity 1
 *   host 0123 4567 ...         the host's recipient, as its recovery phrase would be printed
 *   recovery credfsr1...       the recovery recipient's public half, or `none`
 *
 * Both keys carry a checksum, and all three lines must be there. The second form has four:
 *
 *   credfs identity 2
 *   recovery credfsr1...
 *   argon2id 3 256 0123...     passes, MiB, salt: what the passphrase's key is made with
 *   seed 0123...               the host's seed, sealed and bound to the three lines before it
 *
 * There is one way to write it, and any other is refused.
 */
#include "store/identity.h"

#include <sodium.h>
#include <string.h>

#include "store/durable.h"

#define HEADING_PLAIN "credfs identity 1\n"
#define HEADING_SEALED "credfs identity 2\n"
static const char line_format[] = HEADING_PLAIN "host ";
static const char line_recovery[] = "\nrecovery ";
static const char word_none[] = "none";

void identity_done(struct identity *identity)
{
	recipient_free(identity->host);
	*identity = (struct identity){0};
}

static int append(struct secret *text, const void *bytes, size_t size)
{
	size_t old = secret_size(text);
	int r;

	r = secret_resize(text, old + size);
	if (r < 0)
		return r;
	memcpy(secret_bytes(text) + old, bytes, size);
	return 0;
}

static void recovery_format(const struct identity *identity, char ret[RECIPIENT_TEXT_SIZE])
{
	if (identity->has_recovery)
		recipient_public_format(&identity->recovery, ret);
	else
		memcpy(ret, word_none, sizeof(word_none));
}

static int recovery_parse(const char *text, struct identity *identity)
{
	if (strcmp(text, word_none) == 0)
		return 0;
	identity->has_recovery = true;
	return recipient_public_parse(text, &identity->recovery);
}

int identity_format(const struct identity *identity, struct secret **ret)
{
	struct secret_pool *pool = recipient_pool(identity->host);
	CLEANUP_SECRET struct secret *phrase = NULL, *text = NULL;
	char recovery[RECIPIENT_TEXT_SIZE];
	int r;

	recovery_format(identity, recovery);
	r = recipient_phrase(identity->host, pool, &phrase);
	if (r < 0)
		return r;
	r = secret_copy(pool, line_format, strlen(line_format), &text);
	if (r < 0)
		return r;
	r = append(text, secret_view(phrase), secret_size(phrase));
	if (r < 0)
		return r;
	r = append(text, line_recovery, strlen(line_recovery));
	if (r < 0)
		return r;
	r = append(text, recovery, strlen(recovery));
	if (r < 0)
		return r;
	r = append(text, "\n", 1);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(text);
	return 0;
}

/* The second form, in parts. Nothing of it is secret. */
struct sealed_text {
	char recovery[RECIPIENT_TEXT_SIZE];
	struct passphrase_cost cost;
	uint8_t seed[PASSPHRASE_SEALED_SIZE];
};

enum {
	SALT_DIGITS = 2 * PASSPHRASE_SALT_SIZE,
	SEALED_DIGITS = 2 * PASSPHRASE_SEALED_SIZE,
	CONTEXT_MAX = 256,
};
_Static_assert(SALT_DIGITS == 32 && SEALED_DIGITS == 144 && RECIPIENT_TEXT_SIZE == 100,
	       "sealed_read() has these widths");

/* The lines that the seed is bound to. */
static void sealed_context(const struct sealed_text *sealed, char ret[CONTEXT_MAX])
{
	char salt[SALT_DIGITS + 1];

	sodium_bin2hex(salt, sizeof(salt), sealed->cost.salt, sizeof(sealed->cost.salt));
	snprintf(ret, CONTEXT_MAX, HEADING_SEALED "recovery %s\nargon2id %u %u %s\n",
		 sealed->recovery, sealed->cost.operations, sealed->cost.mebibytes, salt);
}

static void sealed_write(const struct sealed_text *sealed, char ret[IDENTITY_TEXT_MAX])
{
	char context[CONTEXT_MAX], seed[SEALED_DIGITS + 1];

	sealed_context(sealed, context);
	sodium_bin2hex(seed, sizeof(seed), sealed->seed, sizeof(sealed->seed));
	snprintf(ret, IDENTITY_TEXT_MAX, "%sseed %s\n", context, seed);
}

/* What was read is right if it would be written so. */
static int sealed_read(const char *text, struct sealed_text *ret)
{
	char salt[SALT_DIGITS + 1], seed[SEALED_DIGITS + 1], again[IDENTITY_TEXT_MAX];
	struct sealed_text sealed = {0};

	if (sscanf(text,
		   HEADING_SEALED "recovery %99[^\n]\nargon2id %4u %4u %32[0-9a-f]\nseed "
				  "%144[0-9a-f]\n",
		   sealed.recovery, &sealed.cost.operations, &sealed.cost.mebibytes, salt,
		   seed) != 5)
		return -EBADMSG;
	sodium_hex2bin(sealed.cost.salt, sizeof(sealed.cost.salt), salt, strlen(salt), NULL, NULL,
		       NULL);
	sodium_hex2bin(sealed.seed, sizeof(sealed.seed), seed, strlen(seed), NULL, NULL, NULL);
	sealed_write(&sealed, again);
	if (strcmp(text, again) != 0)
		return -EBADMSG;
	*ret = sealed;
	return 0;
}

int identity_format_sealed(const struct identity *identity, const struct secret *passphrase,
			   const struct passphrase_cost *cost, struct secret **ret)
{
	struct sealed_text sealed = {.cost = *cost};
	char text[IDENTITY_TEXT_MAX], context[CONTEXT_MAX];
	int r;

	recovery_format(identity, sealed.recovery);
	sealed_context(&sealed, context);
	r = passphrase_seal(passphrase, cost, context, recipient_seed(identity->host), sealed.seed);
	if (r < 0)
		return r;
	sealed_write(&sealed, text);
	return secret_copy(recipient_pool(identity->host), text, strlen(text), ret);
}

static int parse_plain(struct secret_pool *pool, const struct secret *text,
		       const struct asker *asker, struct identity *identity)
{
	const char *at = (const char *)secret_view(text);
	const char *end = at + secret_size(text);
	char recovery[RECIPIENT_TEXT_SIZE] = {0};
	const char *next;
	int r;

	(void)asker;
	if (end - at < (ssize_t)strlen(line_format) ||
	    memcmp(at, line_format, strlen(line_format)) != 0)
		return -EBADMSG;
	at += strlen(line_format);
	next = memmem(at, (size_t)(end - at), line_recovery, strlen(line_recovery));
	if (!next)
		return -EBADMSG;
	r = recipient_from_phrase(pool, at, (size_t)(next - at), &identity->host);
	if (r < 0)
		return r;

	at = next + strlen(line_recovery);
	if (at == end || end[-1] != '\n' || end - 1 - at >= (ssize_t)sizeof(recovery))
		return -EBADMSG;
	memcpy(recovery, at, (size_t)(end - 1 - at));
	if (strlen(recovery) != (size_t)(end - 1 - at))
		return -EBADMSG;
	return recovery_parse(recovery, identity);
}

static int parse_sealed(struct secret_pool *pool, const struct secret *text,
			const struct asker *asker, struct identity *identity)
{
	CLEANUP_SECRET struct secret *passphrase = NULL, *seed = NULL;
	char copy[IDENTITY_TEXT_MAX] = {0}, context[CONTEXT_MAX];
	struct sealed_text sealed;
	int r;

	memcpy(copy, secret_view(text), secret_size(text));
	r = strlen(copy) == secret_size(text) ? sealed_read(copy, &sealed) : -EBADMSG;
	if (r == 0)
		r = recovery_parse(sealed.recovery, identity);
	if (r == 0)
		r = passphrase_cost_check(&sealed.cost);
	if (r == 0)
		r = asker ? asker->ask(asker->context, ASK_PASSPHRASE, pool, &passphrase)
			  : -ENODATA;
	if (r < 0)
		return r;
	sealed_context(&sealed, context);
	r = passphrase_open(passphrase, &sealed.cost, context, sealed.seed, &seed);
	return r < 0 ? r : recipient_from_seed(pool, secret_view(seed), &identity->host);
}

static const struct form {
	const char *heading;
	int (*parse)(struct secret_pool *pool, const struct secret *text, const struct asker *asker,
		     struct identity *identity);
} forms[] = {
	{HEADING_PLAIN, parse_plain},
	{HEADING_SEALED, parse_sealed},
};

static bool begins_with(const char *text, size_t size, const char *heading)
{
	return size >= strlen(heading) && memcmp(text, heading, strlen(heading)) == 0;
}

bool identity_is_sealed(const char *text, size_t size)
{
	return begins_with(text, size, HEADING_SEALED);
}

int identity_parse(struct secret_pool *pool, const struct secret *text, const struct asker *asker,
		   struct identity *ret)
{
	CLEANUP_IDENTITY struct identity identity = {0};
	int r = -EBADMSG;

	if (secret_size(text) >= IDENTITY_TEXT_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (begins_with((const char *)secret_view(text), secret_size(text),
				forms[i].heading))
			r = forms[i].parse(pool, text, asker, &identity);
	}
	if (r < 0)
		return r;
	*ret = identity;
	identity = (struct identity){0};
	return 0;
}

int identity_save(const char *path, const struct secret *text)
{
	return durable_create(path, 0400, secret_view(text), secret_size(text));
}

int identity_replace(const char *path, const struct secret *text)
{
	return durable_replace_own(path, 0400, secret_view(text), secret_size(text));
}
