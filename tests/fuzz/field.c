/*
 * A value, judged as a field of each type. Whatever a whole value's first bytes were refused for
 * while it was written, the whole is refused too: nothing is refused that more bytes could mend.
 */
#include "conf/field.h"
#include "tests/fuzz/fuzz.h"

static void judge(enum field_type type, const uint8_t *bytes, size_t size)
{
	char *foreign[] = {(char[]){"sk-ant-"}, NULL};
	char *prefixes[] = {(char[]){"sk-"}, NULL};
	const struct provider_field field = {
		.name = (char[]){"field"},
		.type = type,
		.foreign = type == FIELD_TOKEN ? foreign : NULL,
		.prefixes = type == FIELD_TOKEN ? prefixes : NULL,
		.prefix_required = true,
	};
	struct field_judgement whole = {
		.field = &field, .bytes = bytes, .size = size, .whole = true};
	struct field_judgement part = {.field = &field, .bytes = bytes, .size = size / 2};
	enum field_rule verdict = field_judge(&whole);
	size_t trimmed = field_trimmed(type, bytes, size);

	FUZZ_CHECK(trimmed <= size && size - trimmed <= 2);
	FUZZ_CHECK(verdict < FIELD_RULES && (verdict == FIELD_OK) == !field_rule_errno(verdict));
	if (field_judge(&part) != FIELD_OK)
		FUZZ_CHECK(verdict != FIELD_OK);
	if (verdict == FIELD_OK)
		(void)field_warning(&field, bytes, trimmed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	for (enum field_type type = 0; type < FIELD_TYPES; type++)
		judge(type, bytes, size);
	return 0;
}
