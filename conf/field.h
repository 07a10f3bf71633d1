/*
 * Judging a field's value: pure functions over bytes, used at write(2) with what is there so far
 * and at commit with the whole. They keep nothing; the bytes stay where they are.
 */
#pragma once

#include <stdint.h>

#include "store/name.h"
#include "conf/provider.h"

/* 64 KiB: the longest value. */
enum { FIELD_VALUE_MAX = 64 * 1024 };

/* Longer values are not held against the field's pattern. */
enum { FIELD_PATTERN_MAX = 8192 };

/* Why a value is refused. A table gives each its errno and its name. */
enum field_rule {
	FIELD_OK,
	FIELD_EMPTY,
	FIELD_TOO_LONG, /* EFBIG; FIELD_MEMORY ENOMEM; all others EKEYREJECTED */
	FIELD_CONTROL,	/* a control character (in lines: other than tab, CR LF, LF) */
	FIELD_NEWLINE,	/* more than one line where one is allowed */
	FIELD_BLANK,	/* a blank in a token, a URL or a region */
	FIELD_UTF8,
	FIELD_PREFIX,	      /* lacks the prefix its provider requires */
	FIELD_FOREIGN_PREFIX, /* begins with another vendor's */
	FIELD_URL_FORM,
	FIELD_DATA_URL_FORM,
	FIELD_PASSWORD, /* a password in a URL that all may see */
	FIELD_PORT_FORM,
	FIELD_CHOICE, /* none of the values that there are */
	FIELD_REGION_FORM,
	FIELD_JSON_FORM,
	FIELD_PEM_FORM,
	FIELD_MEMORY, /* ENOMEM: there was no memory that could be locked to judge it in */
	FIELD_RULES,
};

struct field_judgement {
	const struct provider_field *field;
	const uint8_t *bytes;
	size_t size;
	bool whole; /* the writer is done; else only what no later byte can mend is refused */
	bool prefix_waived; /* the account has api_base: proxies issue other keys */
};

/* One trailing newline of a one-line value and an unfinished last line are taken into account here:
 * pass the bytes as written. With `whole` false and a one-line value that already ends in its
 * newline the whole rule is applied, because nothing may follow. */
enum field_rule field_judge(const struct field_judgement *judgement);

/* The size without the one trailing newline that is dropped at commit: from one-line types always,
 * from text when it is the only newline, from JSON and PEM never. */
size_t field_trimmed(enum field_type type, const uint8_t *bytes, size_t size);

/* The name that the catalogue gives a type, "token", and the type of a name; false for none. */
const char *field_type_name(enum field_type type);
bool field_type_parse(const char *name, enum field_type *ret) MUST_CHECK;

/* Whether values of this type may have lines, so that appending makes sense. */
bool field_type_has_lines(enum field_type type);

int field_rule_errno(enum field_rule rule);	   /* positive; 0 for FIELD_OK */
const char *field_rule_text(enum field_rule rule); /* "begins with another vendor's prefix" */

/* What to warn of in a value that was accepted, as it was committed (see field_trimmed()); NULL for
 * nothing, else a static sentence: "does not look like a value of this field". */
const char *field_warning(const struct provider_field *field, const uint8_t *bytes, size_t size);
