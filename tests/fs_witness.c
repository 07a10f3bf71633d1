#include "fs/witness.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/acme.h"

#define LOG ACME "/audit.log"
#define USE "use/acme/etl"

/* The whole log, as lines of JSON. */
static json_t *read_log(struct fixture *fixture)
{
	const struct node node = view_node(fixture, LOG);
	json_t *lines = json_array();
	struct audit *log = NULL;
	struct org *org = NULL;
	char *text, *rest, *line;
	size_t size;

	cr_assert_eq(tree_org(&fixture->tree, &node, &org), 0);
	cr_assert_eq(auditor_log(fixture->tree.auditor, node.pin, org, &log), 0);
	text = calloc(1, audit_size(log) + 1);
	cr_assert_eq(audit_read(log, 0, text, audit_size(log), &size), 0);
	rest = text;
	while ((line = strsep(&rest, "\n")) && *line) {
		json_t *object = json_loads(line, 0, NULL);

		cr_assert_not_null(object, "%s", line);
		json_array_append_new(lines, object);
	}
	free(text);
	return lines;
}

static const char *member(json_t *lines, size_t index, const char *name)
{
	const char *text = json_string_value(json_object_get(json_array_get(lines, index), name));

	return text ? text : "";
}

static long long number(json_t *lines, size_t index, const char *name)
{
	return json_integer_value(json_object_get(json_array_get(lines, index), name));
}

static size_t count(struct fixture *fixture)
{
	json_auto_t *lines = read_log(fixture);

	return json_array_size(lines);
}

/* The last line is this, and there is one more than before. */
static void expect_line(struct fixture *fixture, size_t before, const char *operation,
			const char *path, const char *result, long long version)
{
	json_auto_t *lines = read_log(fixture);

	cr_expect_eq(json_array_size(lines), before + 1, "%s %s: %zu lines", operation, path,
		     json_array_size(lines) - before);
	cr_expect_str_eq(member(lines, before, "operation"), operation);
	cr_expect_str_eq(member(lines, before, "path"), path);
	cr_expect_str_eq(member(lines, before, "result"), result);
	cr_expect_eq(number(lines, before, "version"), version, "%s %s: %lld", operation, path,
		     number(lines, before, "version"));
}

Test(witness, each_open_that_hands_out_a_value_is_one_line)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);
	uint64_t handle = 0;
	size_t before;

	acme_init(&fixture, "");
	before = count(&fixture);
	cr_assert_eq(fixture_open(&fixture, KEY, O_RDONLY, &runner, &handle), 0);
	expect_line(&fixture, before, "read", KEY, "ok", 2);
	{
		json_auto_t *lines = read_log(&fixture);

		cr_expect_eq(number(lines, before, "uid"), runner.uid);
		cr_expect_eq(number(lines, before, "pid"), runner.pid);
	}
	handles_close(fixture.handles, &fixture.tree, handle);
	cr_assert_eq(fixture_open(&fixture, OPENAI "/.history/api_key/1", O_RDONLY, &fixture_root,
				  &handle),
		     0);
	expect_line(&fixture, before + 1, "read", OPENAI "/.history/api_key/1", "ok", 1);
	handles_close(fixture.handles, &fixture.tree, handle);
	cr_assert_eq(fixture_open(&fixture, KEY, O_RDWR, &fixture_root, &handle), 0);
	expect_line(&fixture, before + 2, "read", KEY, "ok", 2);
	handles_close(fixture.handles, &fixture.tree, handle);
}

static const char *field_at(json_t *lines, size_t index, size_t at)
{
	json_t *fields = json_object_get(json_array_get(lines, index), "fields");
	const char *text = json_string_value(json_array_get(fields, at));

	return text ? text : "";
}

Test(witness, a_file_that_is_made_is_one_line_that_names_its_fields)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);
	json_t *lines;
	uint64_t handle = 0;
	size_t before;

	acme_init(&fixture, "");
	before = count(&fixture);
	cr_assert_eq(fixture_open(&fixture, USE "/openai/env", O_RDONLY, &runner, &handle), 0);
	expect_line(&fixture, before, "read", USE "/openai/env", "ok", 0);
	handles_close(fixture.handles, &fixture.tree, handle);
	lines = read_log(&fixture);
	cr_expect_str_eq(field_at(lines, before, 0), "api_base:1");
	cr_expect_str_eq(field_at(lines, before, 1), "api_key:2");
	cr_expect_str_eq(field_at(lines, before, 2), "");
	json_decref(lines);
	cr_assert_eq(fixture_open(&fixture, USE "/openai/api_key", O_RDONLY, &runner, &handle), 0);
	expect_line(&fixture, before + 1, "read", USE "/openai/api_key", "ok", 2);
	handles_close(fixture.handles, &fixture.tree, handle);
	cr_assert_eq(fixture_remove(&fixture, ETL "/openai", &fixture_root), 0);
	before = count(&fixture);
	cr_assert_eq(fixture_open(&fixture, USE "/env.json", O_RDONLY, &runner, &handle), 0);
	expect_line(&fixture, before, "read", USE "/env.json", "ok", 0);
	handles_close(fixture.handles, &fixture.tree, handle);
	lines = read_log(&fixture);
	cr_expect_str_eq(field_at(lines, before, 0), "own/admin_key:1");
	cr_expect_str_eq(field_at(lines, before, 2), "own/api_key:1");
	json_decref(lines);
}

Test(witness, what_hands_out_no_value_is_no_line)
{
	CLEANUP_FIXTURE struct fixture fixture;
	static const char *const files[] = {
		OPENAI "/.info", OPENAI "/.status", OPENAI "/provider", ACME "/roles/owner", LOG,
		".status",	 USE "/.status",    USE "/own/provider"};
	uint64_t handle = 0;
	size_t before;

	acme_init(&fixture, "");
	before = count(&fixture);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		cr_assert_eq(fixture_open(&fixture, files[i], O_RDONLY, &fixture_root, &handle), 0,
			     "%s", files[i]);
		handles_close(fixture.handles, &fixture.tree, handle);
	}
	cr_assert_eq(fixture_open(&fixture, KEY, O_WRONLY, &fixture_root, &handle), 0);
	handles_close(fixture.handles, &fixture.tree, handle);
	cr_expect_eq(count(&fixture), before);
}

Test(witness, a_renewal_is_a_line_when_it_brings_another_version)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct handle_range range = {.offset = 0, .size = 4096};
	struct handle_bytes bytes;
	uint64_t handle = 0;
	size_t before;

	acme_init(&fixture, "");
	cr_assert_eq(fixture_open(&fixture, KEY, O_RDONLY, &fixture_root, &handle), 0);
	before = count(&fixture);
	for (size_t i = 0; i < 3; i++)
		cr_assert_eq(handle_read(&fixture.tree, handles_get(fixture.handles, handle),
					 &fixture_root, &range, &bytes),
			     0);
	cr_expect_eq(count(&fixture), before);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-third\n"), 0);
	expect_line(&fixture, before, "save", KEY, "ok", 3);
	for (size_t i = 0; i < 3; i++)
		cr_assert_eq(handle_read(&fixture.tree, handles_get(fixture.handles, handle),
					 &fixture_root, &range, &bytes),
			     0);
	expect_line(&fixture, before + 1, "read", KEY, "ok", 3);
	handles_close(fixture.handles, &fixture.tree, handle);
}

Test(witness, a_save_is_one_line_and_the_same_value_again_none)
{
	CLEANUP_FIXTURE struct fixture fixture;
	size_t before;

	acme_init(&fixture, "");
	before = count(&fixture);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-third\n"), 0);
	expect_line(&fixture, before, "save", KEY, "ok", 3);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-third\n"), 0);
	cr_expect_eq(count(&fixture), before + 1);
	cr_assert_eq(fixture_put(&fixture, ACME "/unlinked/organization", "org-1\n"), 0);
	expect_line(&fixture, before + 1, "create", ACME "/unlinked/organization", "ok", 1);
	cr_assert_eq(fixture_put(&fixture, ACME "/roles/member", "user:root\n"), 0);
	expect_line(&fixture, before + 2, "role", ACME "/roles/member", "ok", 0);
	cr_assert_eq(fixture_put(&fixture, ACME "/roles/member", "user:root\n"), 0);
	cr_expect_eq(count(&fixture), before + 3);
}

Test(witness, a_refused_save_is_one_line)
{
	CLEANUP_FIXTURE struct fixture fixture;
	size_t before;

	acme_init(&fixture, "");
	before = count(&fixture);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-ant-api03-not-here\n"), -EKEYREJECTED);
	expect_line(&fixture, before, "save", KEY, "EKEYREJECTED", 0);
	cr_assert_eq(fixture_put(&fixture, ACME "/roles/owner", "nonsense\n"), -EINVAL);
	expect_line(&fixture, before + 1, "role", ACME "/roles/owner", "EINVAL", 0);
}

Test(witness, a_refused_open_is_one_line)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller nobody = acme_holder(ACME_NOBODY);
	uint64_t handle = 0;
	size_t before;

	acme_init(&fixture, "");
	before = count(&fixture);
	cr_assert_eq(fixture_open(&fixture, KEY, O_WRONLY, &nobody, &handle), -EACCES);
	expect_line(&fixture, before, "save", KEY, "EACCES", 0);
}

Test(witness, who_went_through_a_link_is_told_by_it)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER);
	struct node link;
	uint64_t handle = 0;
	size_t before;

	acme_init(&fixture, "");
	link = view_node(&fixture, ETL "/openai");
	before = count(&fixture);
	witness_walk(&fixture.tree, &link, runner.pid);
	cr_assert_eq(fixture_open(&fixture, KEY, O_RDONLY, &runner, &handle), 0);
	expect_line(&fixture, before, "read", ETL "/openai/api_key", "ok", 2);
	handles_close(fixture.handles, &fixture.tree, handle);
	cr_assert_eq(fixture_open(&fixture, KEY, O_RDONLY, &runner, &handle), 0);
	expect_line(&fixture, before + 1, "read", KEY, "ok", 2);
	handles_close(fixture.handles, &fixture.tree, handle);
}

/* Something in the place of the directory: nothing can be written. */
static void obstruct(struct fixture *fixture)
{
	const char *path = fixture->settings->audit_directory;
	CLEANUP_FREE char *aside = NULL;

	cr_assert_geq(asprintf(&aside, "%s.aside", path), 0);
	fixture_restart(fixture);
	cr_assert_eq(rename(path, aside), 0);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void clear(struct fixture *fixture)
{
	const char *path = fixture->settings->audit_directory;
	CLEANUP_FREE char *aside = NULL;

	cr_assert_geq(asprintf(&aside, "%s.aside", path), 0);
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(rename(aside, path), 0);
}

Test(witness, what_cannot_be_recorded_does_not_happen)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct node node = {.kind = NODE_ORG, .pin = 0};
	struct org *org = NULL;
	uint64_t handle = 0, generation;
	size_t before;

	acme_init(&fixture, "");
	before = count(&fixture);
	obstruct(&fixture);
	cr_assert_eq(tree_org(&fixture.tree, &node, &org), 0);
	generation = org_generation(org);
	cr_expect_eq(fixture_open(&fixture, KEY, O_RDONLY, &fixture_root, &handle), -EIO);
	cr_expect_eq(fixture_open(&fixture, KEY, O_RDWR, &fixture_root, &handle), -EIO);
	cr_expect_eq(fixture_put(&fixture, KEY, "sk-third\n"), -EIO);
	cr_expect_eq(fixture_put(&fixture, ACME "/roles/member", "user:root\n"), -EIO);
	cr_expect_eq(org_generation(org), generation, "nothing was changed");
	view_expect_part(&fixture, ".status", "audit: acme state=\"cannot be written: ");
	view_expect_part(&fixture, OPENAI "/.status", "audit: cannot be written: ");
	clear(&fixture);
	cr_expect_eq(fixture_open(&fixture, KEY, O_RDONLY, &fixture_root, &handle), 0);
	handles_close(fixture.handles, &fixture.tree, handle);
	expect_line(&fixture, before, "read", KEY, "ok", 2);
	view_expect_part(&fixture, ".status", "audit: acme state=written ");
	view_expect_no_part(&fixture, OPENAI "/.status", "audit:");
}

Test(witness, in_best_effort_what_is_lost_is_counted)
{
	CLEANUP_FIXTURE struct fixture fixture;
	uint64_t handle = 0;
	size_t before;

	acme_init(&fixture, "[audit]\nmode = best-effort\n");
	before = count(&fixture);
	obstruct(&fixture);
	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(fixture_open(&fixture, KEY, O_RDONLY, &fixture_root, &handle), 0);
		handles_close(fixture.handles, &fixture.tree, handle);
	}
	view_expect_part(&fixture, ".status", " lost=3\n");
	clear(&fixture);
	cr_assert_eq(fixture_open(&fixture, KEY, O_RDONLY, &fixture_root, &handle), 0);
	handles_close(fixture.handles, &fixture.tree, handle);
	view_expect_part(&fixture, ".status", " lost=3\n");
	{
		json_auto_t *lines = read_log(&fixture);

		cr_assert_eq(json_array_size(lines), before + 2);
		cr_expect_str_eq(member(lines, before, "operation"), "lost");
		cr_expect_eq(number(lines, before, "count"), 3);
		cr_expect_str_eq(member(lines, before + 1, "operation"), "read");
	}
}

/* The calls that the operations make, around the one of the directory. */
static void expect_removal(struct fixture *fixture, const char *path, const char *operation)
{
	CLEANUP_FREE char *copy = strdup(path);
	const struct node child = view_node(fixture, path);
	char *slash = strrchr(copy, '/');
	const size_t before = count(fixture);
	struct witness witness = {0};
	struct node directory;
	struct edit edit;

	*slash = '\0';
	directory = view_node(fixture, copy);
	edit = (struct edit){&fixture->tree, &fixture_root, &directory, slash + 1};
	cr_assert_eq(witness_remove(&witness, &edit, &child), 0);
	cr_assert_eq(witness_end(&witness, fixture_remove(fixture, path, &fixture_root)), 0);
	expect_line(fixture, before, operation, path, "ok", 0);
}

Test(witness, a_removal_is_called_what_it_is)
{
	CLEANUP_FIXTURE struct fixture fixture;

	acme_init(&fixture, "");
	expect_removal(&fixture, ETL "/openai", "unlink");
	expect_removal(&fixture, KEY, "delete");
	expect_removal(&fixture, OWN "/provider", "provider");
	expect_removal(&fixture, ETL "/roles/runner", "role");
}

Test(witness, a_rename_tells_both_names)
{
	CLEANUP_FIXTURE struct fixture fixture;
	struct node directory, child;
	struct witness witness = {0};
	struct edit from, to;
	size_t before;

	acme_init(&fixture, "");
	directory = view_node(&fixture, ACME);
	child = view_node(&fixture, OPENAI);
	before = count(&fixture);
	from = (struct edit){&fixture.tree, &fixture_root, &directory, "openai"};
	to = (struct edit){&fixture.tree, &fixture_root, &directory, "AI"};
	cr_assert_eq(witness_rename(&witness, &from, &child, &to, NULL), 0);
	cr_assert_eq(
		witness_end(&witness, fixture_rename(&fixture, OPENAI, ACME "/AI", &fixture_root)),
		0);
	expect_line(&fixture, before, "rename", OPENAI, "ok", 0);
	{
		json_auto_t *lines = read_log(&fixture);

		cr_expect_str_eq(member(lines, before, "to"), ACME "/AI");
	}
}

Test(witness, what_is_not_there_is_not_refused)
{
	static const int errors[] = {-ENOENT, -EEXIST, -ENOTEMPTY, -ENOTDIR, -EISDIR};
	CLEANUP_FIXTURE struct fixture fixture;
	struct actor actor = {.uid = 3, .pid = 4, .via = NO_WAY};
	struct node key;
	size_t before;

	acme_init(&fixture, "");
	key = view_node(&fixture, KEY);
	before = count(&fixture);
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
		witness_refused(&fixture.tree, &key, &actor, AUDIT_READ, errors[i]);
	cr_expect_eq(count(&fixture), before);
	witness_refused(&fixture.tree, &key, &actor, AUDIT_ATTRIBUTES, -EPERM);
	expect_line(&fixture, before, "attributes", KEY, "EPERM", 0);
}

/* One who reads in a loop, until he is refused: how often. */
static unsigned read_until_refused(struct fixture *fixture, const struct caller *caller)
{
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t handle = 0;
		const int r = fixture_open(fixture, KEY, O_RDONLY, caller, &handle);

		if (r < 0) {
			cr_assert_eq(r, -EIO);
			return i;
		}
		handles_close(fixture->handles, &fixture->tree, handle);
	}
	return 20000;
}

Test(witness, who_reads_in_a_loop_keeps_nobody_else_from_reading)
{
	CLEANUP_FIXTURE struct fixture fixture;
	const struct caller runner = acme_holder(ACME_RUNNER), admin = acme_holder(ACME_ADMIN);
	unsigned times;
	uint64_t handle = 0;

	acme_init(&fixture, "[audit]\nspool = 4M\n");
	times = read_until_refused(&fixture, &runner);
	cr_expect_gt(times, 1000);
	cr_expect_lt(times, 5000, "a quarter of some 10,000");
	cr_expect_eq(read_until_refused(&fixture, &runner), 0);
	cr_assert_eq(fixture_open(&fixture, KEY, O_RDONLY, &admin, &handle), 0);
	handles_close(fixture.handles, &fixture.tree, handle);
	cr_assert_eq(fixture_put(&fixture, KEY, "sk-third\n"), 0);
	view_expect_part(&fixture, ".status", "audit: acme state=written ");
	view_expect_part(&fixture, ".status", " lost=0\n");
}
