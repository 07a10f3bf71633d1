/* The identity, of either form: a text that somebody may have altered. Nobody answers, so that what
 * a passphrase costs is never spent: all that comes before it is looked at. */
#include "store/identity.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

struct answers {
	unsigned asked;
};

static int refuse(void *context, enum asker_question question, struct secret_pool *pool,
		  struct secret **ret)
{
	struct answers *answers = context;

	(void)pool, (void)ret;
	FUZZ_CHECK(question == ASK_PASSPHRASE);
	answers->asked++;
	return -ENODATA;
}

/* What was read is written as one that is read as the same. */
static void check(const struct identity *identity)
{
	CLEANUP_IDENTITY struct identity again = {0};
	CLEANUP_SECRET struct secret *text = NULL;

	FUZZ_CHECK(identity->host);
	FUZZ_CHECK(identity_format(identity, &text) == 0);
	FUZZ_CHECK(identity_parse(fuzz_pool(), text, NULL, &again) == 0);
	FUZZ_CHECK(memcmp(recipient_seed(again.host), recipient_seed(identity->host),
			  RECIPIENT_SEED_SIZE) == 0);
	FUZZ_CHECK(again.has_recovery == identity->has_recovery);
	FUZZ_CHECK(memcmp(&again.recovery, &identity->recovery, sizeof(again.recovery)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP_IDENTITY struct identity identity = {0};
	CLEANUP_SECRET struct secret *text = NULL;
	struct answers answers = {0};
	const struct asker asker = {refuse, &answers};
	int r;

	FUZZ_CHECK(secret_copy(fuzz_pool(), bytes, size, &text) == 0);
	r = identity_parse(fuzz_pool(), text, &asker, &identity);
	FUZZ_CHECK(r == 0 || r == -EBADMSG || r == -ERANGE || r == -ENODATA);
	FUZZ_CHECK((r == -ENODATA) == (answers.asked == 1));
	if (r == 0)
		check(&identity);
	return 0;
}
