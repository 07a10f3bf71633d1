#include "store/rule.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct record_id some = {{1}}, other = {{2}}, third = {{3}}, none;

Test(rule, accounts_connections_and_fields_are_not_the_managers_alone)
{
	static const struct {
		uint32_t kind;
		bool known, manager;
	} rows[] = {
		{0, false, true},
		{RECORD_ORG, true, true},
		{RECORD_ROLE, true, true},
		{RECORD_PROJECT, true, true},
		{RECORD_INHERIT, true, true},
		{RECORD_ACCOUNT, true, false},
		{RECORD_FIELD, true, false},
		{RECORD_USER, true, true},
		{RECORD_CONNECTION, true, false},
		{RECORD_ASSOCIATION, true, true},
		{RECORD_KINDS, false, true},
		{UINT32_MAX, false, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cr_expect_eq(rule_knows(rows[i].kind), rows[i].known, "row %zu", i);
		cr_expect_eq(rule_needs_manager(rows[i].kind), rows[i].manager, "row %zu", i);
	}
}

Test(rule, relations_and_secrecy_are_the_managers)
{
	const struct record old = {.kind = RECORD_FIELD, .parent = some, .secret = true};
	const struct {
		struct record new;
		bool manager;
	} rows[] = {
		{{.kind = RECORD_FIELD, .parent = some, .secret = true, .value_version = 2}, false},
		{{.kind = RECORD_FIELD, .parent = other, .secret = true}, true},
		{{.kind = RECORD_FIELD, .parent = some, .secret = false}, true},
		{{.kind = RECORD_FIELD, .parent = some, .target = other, .secret = true}, true},
		{{.kind = RECORD_ACCOUNT, .parent = some, .secret = true}, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_expect_eq(rule_change_needs_manager(&old, &rows[i].new), rows[i].manager,
			     "row %zu", i);
}

Test(rule, a_sound_record_has_its_relations_and_a_name)
{
	static char name[] = "name", empty[] = "", dot[] = ".", dots[] = "..", slash[] = "a/b",
		    hidden[] = ".hidden", umlauts[] = "gr\xc3\xbc\xc3\x9f", line[] = "a\nb",
		    escape[] = "\x1b[2J", c1[] = "a\xc2\x9b", latin[] = "gr\xfc\xdf",
		    cut[] = "a\xc3", surrogate[] = "\xed\xa0\x80";
	static char longest[256], too_long[257];
	const struct {
		struct record record;
		bool sound;
	} rows[] = {
		{{.kind = RECORD_ORG, .name = name}, true},
		{{.kind = RECORD_ORG, .id = some, .name = name}, false},
		{{.kind = RECORD_ORG, .parent = some, .name = name}, false},
		{{.kind = RECORD_ROLE, .id = some, .name = name}, true},
		{{.kind = RECORD_ROLE, .id = some, .parent = other, .name = name}, true},
		{{.kind = RECORD_PROJECT, .id = some, .name = name}, true},
		{{.kind = RECORD_PROJECT, .id = some, .parent = other, .name = name}, false},
		{{.kind = RECORD_INHERIT,
		  .id = some,
		  .parent = other,
		  .target = third,
		  .name = name},
		 true},
		{{.kind = RECORD_INHERIT, .id = some, .parent = other, .name = name}, false},
		{{.kind = RECORD_INHERIT, .id = some, .target = other, .name = name}, false},
		{{.kind = RECORD_INHERIT,
		  .id = some,
		  .parent = other,
		  .target = some,
		  .name = name},
		 false},
		{{.kind = RECORD_ACCOUNT, .id = some, .name = name}, true},
		{{.kind = RECORD_ACCOUNT, .id = some, .parent = other, .name = name}, true},
		{{.kind = RECORD_ACCOUNT, .id = some, .parent = some, .name = name}, false},
		{{.kind = RECORD_ACCOUNT, .id = none, .name = name}, false},
		{{.kind = RECORD_ACCOUNT, .id = some, .target = other, .name = name}, false},
		{{.kind = RECORD_FIELD, .id = some, .parent = other, .name = name}, true},
		{{.kind = RECORD_FIELD, .id = some, .name = name}, false},
		{{.kind = RECORD_USER, .id = some, .name = name}, true},
		{{.kind = RECORD_USER, .id = some, .parent = other, .name = name}, false},
		{{.kind = RECORD_CONNECTION, .id = some, .name = name}, true},
		{{.kind = RECORD_CONNECTION, .id = some, .parent = other, .name = name}, false},
		{{.kind = RECORD_ASSOCIATION,
		  .id = some,
		  .parent = other,
		  .target = third,
		  .name = name,
		  .text = name},
		 true},
		{{.kind = RECORD_ASSOCIATION,
		  .id = some,
		  .parent = other,
		  .target = third,
		  .name = name,
		  .text = dots},
		 false},
		{{.kind = RECORD_ASSOCIATION, .id = some, .parent = other, .name = name}, false},
		{{.kind = RECORD_ASSOCIATION, .id = some, .target = other, .name = name}, false},
		{{.kind = 0, .id = some, .name = name}, false},
		{{.kind = RECORD_KINDS, .id = some, .name = name}, false},
		{{.kind = RECORD_PROJECT, .id = some, .name = NULL}, false},
		{{.kind = RECORD_PROJECT, .id = some, .name = empty}, false},
		{{.kind = RECORD_PROJECT, .id = some, .name = dot}, false},
		{{.kind = RECORD_PROJECT, .id = some, .name = dots}, false},
		{{.kind = RECORD_PROJECT, .id = some, .name = slash}, false},
		{{.kind = RECORD_PROJECT, .id = some, .name = hidden}, true},
		{{.kind = RECORD_PROJECT, .id = some, .name = umlauts}, true},
		{{.kind = RECORD_PROJECT, .id = some, .name = line}, false},
		{{.kind = RECORD_ACCOUNT, .id = some, .name = escape}, false},
		{{.kind = RECORD_FIELD, .id = some, .parent = other, .name = c1}, false},
		{{.kind = RECORD_ROLE, .id = some, .name = latin}, false},
		{{.kind = RECORD_ORG, .name = cut}, false},
		{{.kind = RECORD_PROJECT, .id = some, .name = surrogate}, false},
		{{.kind = RECORD_PROJECT, .id = some, .name = longest}, true},
		{{.kind = RECORD_PROJECT, .id = some, .name = too_long}, false},
		{{.kind = RECORD_ACCOUNT, .id = some, .name = name, .text = name}, true},
		{{.kind = RECORD_ACCOUNT, .id = some, .name = name, .text = empty}, true},
		{{.kind = RECORD_ACCOUNT, .id = some, .name = name, .text = line}, false},
		{{.kind = RECORD_INHERIT,
		  .id = some,
		  .parent = other,
		  .target = third,
		  .name = name,
		  .text = slash},
		 false},
		{{.kind = RECORD_ROLE, .id = some, .name = name, .text = line}, true},
	};

	memset(longest, 'a', sizeof(longest) - 1);
	memset(too_long, 'a', sizeof(too_long) - 1);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_expect_eq(rule_is_sound(&rows[i].record), rows[i].sound, "row %zu", i);
}
