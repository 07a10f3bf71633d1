#define PCRE2_CODE_UNIT_WIDTH 8

#include "conf/expression.h"

#include <pcre2.h>

struct expression {
	pcre2_code *code;
};

static pcre2_match_data *match_data_free(pcre2_match_data *data)
{
	pcre2_match_data_free(data);
	return NULL;
}
DEFINE_CLEANUP(pcre2_match_data, match_data_free);

int expression_new(const char *text, struct expression **ret, char reason[EXPRESSION_REASON_MAX])
{
	static const uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL |
					PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C;
	CLEANUP(expression_freep) struct expression *expression = calloc(1, sizeof(*expression));
	PCRE2_SIZE at;
	int error;

	if (!expression)
		return -ENOMEM;
	expression->code =
		pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &error, &at, NULL);
	if (!expression->code && error == PCRE2_ERROR_HEAP_FAILED)
		return -ENOMEM;
	if (!expression->code) {
		pcre2_get_error_message(error, (PCRE2_UCHAR *)reason, EXPRESSION_REASON_MAX);
		return -EINVAL;
	}
	*ret = TAKE_PTR(expression);
	return 0;
}

struct expression *expression_free(struct expression *expression)
{
	if (!expression)
		return NULL;
	pcre2_code_free(expression->code);
	free(expression);
	return NULL;
}

/* The library has an offset for each group up to the last that took part. */
static void take_parts(pcre2_match_data *data, size_t taken, struct expression_part *parts,
		       size_t count)
{
	const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(data);

	for (size_t i = 0; i < count; i++) {
		parts[i] = (struct expression_part){0};
		if (i < taken && offsets[2 * i] != PCRE2_UNSET)
			parts[i] = (struct expression_part){
				.start = offsets[2 * i],
				.end = offsets[2 * i + 1],
				.present = true,
			};
	}
}

int expression_match(const struct expression *expression, const uint8_t *bytes, size_t size,
		     struct expression_part *parts, size_t count)
{
	CLEANUP(match_data_freep)
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(expression->code, NULL);
	int taken;

	if (!data)
		return -ENOMEM;
	taken = pcre2_match(expression->code, bytes, size, 0, 0, data, NULL);
	if (taken == PCRE2_ERROR_NOMEMORY)
		return -ENOMEM;
	if (taken < 0)
		return -ENOENT;
	take_parts(data, (size_t)taken, parts, count);
	return 0;
}
