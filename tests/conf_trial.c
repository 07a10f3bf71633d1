#include "conf/trial.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "conf/provider.h"
#include "tests/fields.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct row {
	const char *template;
	const char *fields[6];
	int error;
	const char *text;
};

static void expect(const struct row *row, bool url)
{
	const struct rendering_source source = {fields_get, (void *)(uintptr_t)row->fields};
	CLEANUP(template_done) struct template template = {0};
	CLEANUP(secret_pool_freep) struct secret_pool *pool = NULL;
	CLEANUP_SECRET struct secret *made = NULL;
	struct conf_error error = {0};
	int r;

	cr_assert_eq(secret_pool_new(1 << 20, &pool), 0);
	cr_assert_eq(template_set(&template, row->template, &error), 0, "%s", error.text);
	r = (url ? template_make_url : template_make)(&template, &source, pool, &made);
	cr_assert_eq(r, row->error, "%s: %d", row->template, r);
	if (r < 0)
		return;
	cr_expect_eq(secret_size(made), strlen(row->text), "%s: %.*s", row->template,
		     (int)secret_size(made), (const char *)secret_view(made));
	cr_expect_eq(memcmp(secret_view(made), row->text, strlen(row->text)), 0, "%s: %.*s",
		     row->template, (int)secret_size(made), (const char *)secret_view(made));
}

Test(template, puts_fields_between_constants)
{
	static const struct row rows[] = {
		{"\"Bearer \" key", {"key", "k1"}, 0, "Bearer k1"},
		{"key", {"key", "k1"}, 0, "k1"},
		{"\"a|b\"", {NULL}, 0, "a|b"},
		{"a\"-\"b", {"a", "1", "b", "2"}, 0, "1-2"},
		{"\"https://\" region \".example\"|\"https://any.example\"",
		 {"region", "eu"},
		 0,
		 "https://eu.example"},
		{"\"https://\" region \".example\" | \"https://any.example\"",
		 {NULL},
		 0,
		 "https://any.example"},
		{"key", {NULL}, -ENOENT, NULL},
		{"a b | c", {"a", "1"}, -ENOENT, NULL},
		{"a | \"constant\"", {"a", "-EACCES"}, -EACCES, NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		expect(&rows[i], false);
}

Test(template, a_url_repeats_nothing_of_its_base)
{
	static const struct row rows[] = {
		{"base \"/models\"", {"base", "https://x/v1"}, 0, "https://x/v1/models"},
		{"base \"/models\"", {"base", "https://x/v1/"}, 0, "https://x/v1/models"},
		{"base \"/v1/models\"", {"base", "https://x/v1"}, 0, "https://x/v1/models"},
		{"base \"/v1/models\"", {"base", "https://x/v1/"}, 0, "https://x/v1/models"},
		{"base \"/v1/models\"", {"base", "https://x"}, 0, "https://x/v1/models"},
		{"base \"/v1/models\"",
		 {"base", "https://x/api/v11"},
		 0,
		 "https://x/api/v11/v1/models"},
		{"base \"/v1?a=b\"", {"base", "https://x/v1"}, 0, "https://x/v1?a=b"},
		{"base \"/openai/v1/models?a=b\"",
		 {"base", "https://x/"},
		 0,
		 "https://x/openai/v1/models?a=b"},
		{"base \"/openai/v1/models?a=b\"",
		 {"base", "https://x/openai"},
		 0,
		 "https://x/openai/v1/models?a=b"},
		{"base \"/openai/v1/models?a=b\"",
		 {"base", "https://x/openai/v1/"},
		 0,
		 "https://x/openai/v1/models?a=b"},
		{"base \"/openai/v1/models\"",
		 {"base", "https://x/v1"},
		 0,
		 "https://x/v1/openai/v1/models"},
		{"\"https://\" region \"/v1\"", {"region", "eu"}, 0, "https://eu/v1"},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		expect(&rows[i], true);
}

Test(template, what_is_none_is_refused)
{
	static const char *const rows[] = {"",	 "|",	  "\"a\" |", "\"a\" | | b", "\"a",
					   "1a", "a-b/c", "a \"",    "| a"};

	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(template_done) struct template template = {0};
		struct conf_error error = {0};

		cr_expect_eq(template_set(&template, rows[i], &error), -EINVAL, "%s", rows[i]);
		cr_expect_neq(*error.text, '\0', "%s", rows[i]);
	}
}

Test(trial, an_answer_is_judged_by_its_status)
{
	static const struct {
		const char *accepted, *rejected;
		long status;
		enum trial_verdict verdict;
	} rows[] = {
		{NULL, NULL, 200, TRIAL_ACCEPTED},	{NULL, NULL, 401, TRIAL_REJECTED},
		{NULL, NULL, 403, TRIAL_REJECTED},	{NULL, NULL, 400, TRIAL_UNREACHABLE},
		{NULL, NULL, 301, TRIAL_UNREACHABLE},	{NULL, NULL, 0, TRIAL_UNREACHABLE},
		{"200 400", NULL, 400, TRIAL_ACCEPTED}, {"204", NULL, 200, TRIAL_UNREACHABLE},
		{NULL, "400", 400, TRIAL_REJECTED},	{NULL, "400", 401, TRIAL_UNREACHABLE},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(trial_done) struct trial trial = {0};
		struct conf_error error = {0};

		cr_assert_eq(trial_init(&trial, "x", &error), 0);
		if (rows[i].accepted)
			cr_assert_eq(trial_set(&trial, "accepted", rows[i].accepted, &error), 0);
		if (rows[i].rejected)
			cr_assert_eq(trial_set(&trial, "rejected", rows[i].rejected, &error), 0);
		cr_expect_eq(trial_judge(&trial, rows[i].status), rows[i].verdict, "%zu", i);
	}
}

/* Every provider of ours but those that stand for anything can be tried, with the least that makes
 * an account of it complete. */
Test(trial, the_catalogue_has_one_for_each_provider)
{
	static const char *const without[] = {"generic", "login", "connection", "postgresql",
					      "mysql"};
	CLEANUP(catalogue_freep) struct catalogue *catalogue = NULL;
	struct conf_error error = {0};

	cr_assert_eq(catalogue_load(NULL, &catalogue, &error), 0);
	for (size_t i = 0; i < catalogue_count(catalogue); i++) {
		const struct provider *provider = catalogue_get(catalogue, i);
		bool exempt = false;

		for (size_t j = 0; j < COUNT(without); j++)
			exempt |= strcmp(provider->id, without[j]) == 0;
		cr_expect_eq(provider->trial_count == 0, exempt, "%s", provider->id);
	}
}

Test(trial, is_made_with_the_first_set_of_fields_that_is_there)
{
	static const char *const token[] = {"auth_token", "t", NULL};
	static const char *const nothing[] = {NULL};
	static const char *const locked[] = {"api_key", "-EACCES", NULL};
	CLEANUP(catalogue_freep) struct catalogue *catalogue = NULL;
	const struct provider *provider;
	struct conf_error error = {0};
	struct rendering_source source = {fields_get, (void *)(uintptr_t)token};

	cr_assert_eq(catalogue_load(NULL, &catalogue, &error), 0);
	provider = catalogue_find(catalogue, "anthropic");
	cr_expect_eq(trial_applies(&provider->trials[0], &source), -ENOENT);
	cr_expect_eq(trial_applies(&provider->trials[1], &source), 0);
	source.context = (void *)(uintptr_t)nothing;
	cr_expect_eq(trial_applies(&provider->trials[1], &source), -ENOENT);
	source.context = (void *)(uintptr_t)locked;
	cr_expect_eq(trial_applies(&provider->trials[0], &source), -EACCES);
}

Test(trial, is_made_where_its_condition_holds)
{
	static const struct {
		const char *version;
		int first, second;
	} rows[] = {
		{"2024-10-21", 0, 0},	{"2025-04-01-preview", 0, 0},
		{"v1", -ENOENT, 0},	{"preview", -ENOENT, 0},
		{"latest", -ENOENT, 0}, {"-EACCES", -EACCES, -EACCES},
	};
	CLEANUP(catalogue_freep) struct catalogue *catalogue = NULL;
	const struct provider *provider;
	struct conf_error error = {0};

	cr_assert_eq(catalogue_load(NULL, &catalogue, &error), 0);
	provider = catalogue_find(catalogue, "azure-openai");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *const fields[] = {"api_key",   "k",		  "endpoint",
					      "https://x", "api_version", rows[i].version,
					      NULL};
		const struct rendering_source source = {fields_get, (void *)(uintptr_t)fields};

		cr_expect_eq(trial_applies(&provider->trials[0], &source), rows[i].first, "%s",
			     rows[i].version);
		cr_expect_eq(trial_applies(&provider->trials[1], &source), rows[i].second, "%s",
			     rows[i].version);
	}
}

Test(trial, a_condition_that_is_none_is_refused)
{
	static const char *const rows[][2] = {
		{"when a/b", "x"}, {"when a", "("}, {"when ", "x"}, {"when b", "x"}};
	CLEANUP(trial_done) struct trial trial = {0};
	struct conf_error error = {0};

	cr_assert_eq(trial_init(&trial, "x", &error), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (i == COUNT(rows) - 1) /* one is enough */
			cr_assert_eq(trial_set(&trial, "when a", "x", &error), 0);
		error = (struct conf_error){0};
		cr_expect_eq(trial_set(&trial, rows[i][0], rows[i][1], &error), -EINVAL, "%zu", i);
		cr_expect_neq(*error.text, '\0', "%zu", i);
	}
}
