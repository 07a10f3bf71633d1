#include <argp.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "conf/printer.h"
#include "fs/command.h"
#include "fs/mountpoint.h"

struct status {
	bool json;
	json_t *list;	 /* of mounts, for JSON */
	unsigned mounts; /* that there are */
	unsigned silent; /* of which no answer could be had */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct status *status = state->input;

	(void)argument;
	if (key != 'j')
		return ARGP_ERR_UNKNOWN;
	status->json = true;
	return 0;
}

static const struct argp_option argp_options[] = {
	{"json", 'j', NULL, 0, "Print JSON: the same keys, and a list of organisations", 0},
	{0},
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.doc = "Show where credfs is mounted, and how each daemon is: `key: value` lines. "
	       "Ends with 1 when one of them does not answer.",
};

static int read_all(int from, FILE *to)
{
	char buffer[4096];
	ssize_t length;

	while ((length = read(from, buffer, sizeof buffer)) > 0)
		fwrite(buffer, 1, (size_t)length, to);
	return length < 0 ? -errno : 0;
}

/* What the daemon says of itself; -ETIMEDOUT, -ENOTCONN when it says nothing. */
static int read_status(const char *path, char **ret)
{
	CLEANUP_FREE char *name = NULL;
	CLEANUP_PRINTER struct printer printer = {0};
	CLEANUP_CLOSE int fd = -1;
	int r = mountpoint_answers(path);

	if (r < 0)
		return r;
	if (asprintf(&name, "%s/.status", path) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = printer_begin(&printer);
	if (r == 0)
		r = read_all(fd, printer.file);
	return r < 0 ? r : printer_end(&printer, ret, NULL);
}

static const struct {
	int error;
	const char *text;
} states[] = {
	{0, "answering"},
	{-EACCES, "answering; root may see more"},
	{-ENOTCONN, "its daemon is gone; mounting again recovers it"},
	{-ETIMEDOUT, "its daemon does not answer"},
};

static const char *state_of(int error)
{
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		if (states[i].error == error)
			return states[i].text;
	}
	return strerror(-error);
}

/* NULL without memory, or when it is no UTF-8. */
static json_t *text_json(const char *text, size_t length)
{
	json_t *value = json_stringn(text, length);

	return value ? value : json_null();
}

/* Each `key: value` is a member; there may be several organisations, or none, so they are a list.
 */
static json_t *report_json(const char *path, const char *text, int error)
{
	json_t *organisations = json_array();
	json_t *report = json_object();

	json_object_set_new(report, "mount", text_json(path, strlen(path)));
	json_object_set_new(report, "state", json_string(state_of(error)));
	for (const char *line = text; line && *line; line += *line == '\n') {
		const size_t length = strcspn(line, "\n");
		const size_t key = strcspn(line, ":\n");

		if (key + 2 <= length && strncmp(line, "organisation", key) == 0)
			json_array_append_new(organisations,
					      text_json(line + key + 2, length - key - 2));
		else if (key + 2 <= length)
			json_object_setn_new(report, line, key,
					     text_json(line + key + 2, length - key - 2));
		line += length;
	}
	json_object_set_new(report, "organisations", organisations);
	return report;
}

static void print_report(const char *path, const char *text, int error, bool first)
{
	printf("%smount: %s\n", first ? "" : "\n", path);
	if (error)
		printf("state: %s\n", state_of(error));
	else
		fputs(text, stdout);
}

static int show(void *context, const char *path)
{
	CLEANUP_FREE char *text = NULL;
	struct status *status = context;
	const int r = read_status(path, &text);

	status->silent += r < 0 && r != -EACCES;
	if (status->json)
		json_array_append_new(status->list, report_json(path, text, r));
	else
		print_report(path, text, r, status->mounts == 0);
	status->mounts++;
	return 0;
}

static void print_json(struct status *status)
{
	json_t *root = json_pack("{s:o}", "mounts", status->list);

	/* What stdout does not take is told at the end. */
	if (json_dumpf(root, stdout, JSON_INDENT(3)) == 0)
		putchar('\n');
	json_decref(root);
}

enum exit_code cmd_status(const char *configuration, int count, char **arguments)
{
	struct status status = {0};
	enum exit_code code;
	int r;

	code = command_parse(&argp, 0, count, arguments, &status);
	if (code == EXIT_DONE)
		code = command_named_settings(configuration);
	if (code != EXIT_DONE)
		return code;
	if (status.json)
		status.list = json_array();
	r = mountpoint_each(show, &status);
	if (r < 0)
		command_fail(EXIT_OTHER, "cannot read the list of mounts: %s", strerror(-r));
	else if (!status.json && !status.mounts)
		puts("not mounted");
	if (status.json)
		print_json(&status);
	return r < 0 || status.silent ? EXIT_OTHER : EXIT_DONE;
}
