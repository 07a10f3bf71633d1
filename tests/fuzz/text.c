/* Short texts that people type: names, recipients, recovery phrases, principals, words. */
#include "conf/principal.h"
#include "store/name.h"
#include "conf/words.h"
#include "store/utf8.h"
#include "tests/fuzz/fuzz.h"

static void try_name(const char *text)
{
	if (!name_is_valid(text))
		return;
	FUZZ_CHECK(*text && strlen(text) <= 255 && !strchr(text, '/'));
	FUZZ_CHECK(strcmp(text, ".") != 0 && strcmp(text, "..") != 0);
}

static void try_recipient(const char *text)
{
	struct recipient_public public;
	char printed[RECIPIENT_TEXT_SIZE];

	if (recipient_public_parse(text, &public) < 0)
		return;
	recipient_public_format(&public, printed);
	FUZZ_CHECK(strcmp(text, printed) == 0);
}

static void try_phrase(const char *text, size_t size)
{
	CLEANUP(recipient_freep) struct recipient *recipient = NULL;

	(void)!recipient_from_phrase(fuzz_pool(), text, size, &recipient);
}

static void try_principals(const char *text, size_t size)
{
	CLEANUP(principals_done) struct principals list = {0};
	CLEANUP(principals_done) struct principals again = {0};
	CLEANUP_FREE char *printed = NULL;

	if (principals_parse(text, size, true, &list, NULL) < 0)
		return;
	FUZZ_CHECK(principals_format(&list, &printed) == 0);
	FUZZ_CHECK(principals_parse(printed, strlen(printed), true, &again, NULL) == 0);
	FUZZ_CHECK(list.count == again.count);
}

static void try_setting(const char *text)
{
	CLEANUP(principals_done) struct principals list = {0};
	CLEANUP_WORDS char **words = NULL;

	(void)!principals_parse_setting(text, &list);
	FUZZ_CHECK(words_split(text, " ,", &words) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP_FREE char *text = fuzz_text(bytes, size);

	for (size_t at = 0; at < size;) {
		uint32_t point;
		int used = utf8_next(bytes + at, size - at, &point);

		if (used <= 0)
			break;
		FUZZ_CHECK((size_t)used <= size - at && point <= 0x10ffff);
		at += (size_t)used;
	}
	try_name(text);
	try_recipient(text);
	try_phrase(text, size);
	try_principals(text, size);
	try_setting(text);
	return 0;
}
