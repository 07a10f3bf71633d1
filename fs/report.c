#include "fs/report.h"

#include <inttypes.h>
#include <pwd.h>
#include <string.h>

#include "conf/field.h"
#include "fs/account.h"
#include "fs/data_type.h"
#include "fs/text.h"
#include "fs/usage.h"

enum { VERSIONS_MAX = 2048 };

static size_t present_of(const struct org *org, const struct record *account, char *const *set,
			 size_t *ret_missing)
{
	size_t present = 0;

	*ret_missing = 0;
	for (; *set; set++) {
		if (tree_field(org, account->id, *set))
			present++;
		else
			++*ret_missing;
	}
	return present;
}

/* The alternative that is complete, else the one most begun, else the first; NULL for a provider
 * that needs nothing. */
static char *const *nearest_need(const struct org *org, const struct record *account,
				 const struct provider *provider)
{
	char *const *nearest = NULL;
	size_t most = 0;

	for (char **const *set = (char **const *)provider->needs; set && *set; set++) {
		size_t missing = 0;
		const size_t present = present_of(org, account, *set, &missing);

		if (!missing)
			return *set;
		if (!nearest || present > most) {
			nearest = *set;
			most = present;
		}
	}
	return nearest;
}

/* A field that a value calls for: a temporary access key has no use without its session token. */
static bool calls_for(const struct org *org, const struct record *account,
		      const struct provider_field *rule)
{
	CLEANUP_SECRET struct secret *value = NULL;
	const struct record *field;
	size_t length;

	if (!rule->requires_field || tree_field(org, account->id, rule->requires_field))
		return false;
	field = tree_field(org, account->id, rule->name);
	if (!field || org_value(org, field->id, field->value_version, &value, NULL) < 0)
		return false;
	length = rule->requires_prefix ? strlen(rule->requires_prefix) : 0;
	return secret_size(value) >= length &&
	       (!length || memcmp(secret_view(value), rule->requires_prefix, length) == 0);
}

static int print_completeness(const struct org *org, const struct record *account,
			      const struct provider *provider, FILE *file)
{
	char *const *need = nearest_need(org, account, provider);
	CLEANUP_PRINTER struct printer missing = {0};
	CLEANUP_FREE char *names = NULL;
	int r = printer_begin(&missing);

	if (r < 0)
		return r;
	for (; need && *need; need++) {
		if (!tree_field(org, account->id, *need))
			fprintf(missing.file, " %s", *need);
	}
	for (size_t i = 0; i < provider->field_count; i++) {
		if (calls_for(org, account, &provider->fields[i]))
			fprintf(missing.file, " %s", provider->fields[i].requires_field);
	}
	r = printer_end(&missing, &names, NULL);
	if (r < 0)
		return r;
	fprintf(file, "complete: %s\n", *names ? "no" : "yes");
	if (*names)
		fprintf(file, "missing:%s\n", names);
	return 0;
}

/* What it is: an account of a provider, a connection of a type. */
static void print_nature(const struct org *org, const struct record *account, FILE *file)
{
	char type[DATA_TYPE_MAX];

	if (account->kind == RECORD_ACCOUNT)
		fprintf(file, "provider: %s\n", account->text ? account->text : "generic");
	else if (account->kind == RECORD_CONNECTION && data_type_of(org, account, type))
		fprintf(file, "type: %s\n", type);
}

static uint64_t changes_of(const struct org *org, const struct record *account)
{
	const struct record *field = NULL;
	uint64_t changes = account->version;

	while ((field = org_next_child(org, account->id, field)))
		changes += field->version;
	return changes;
}

int report_info(struct tree *tree, const struct node *node, struct secret **ret,
		uint64_t *ret_version)
{
	CLEANUP_PRINTER struct printer text = {0};
	const struct record *account;
	struct org *org = NULL;
	int r = tree_org(tree, node, &org);

	if (r < 0)
		return r;
	account = tree_account(tree, org, node);
	if (!account)
		return -ENOENT;
	r = printer_begin(&text);
	if (r < 0)
		return r;
	*ret_version = changes_of(org, account);
	fprintf(text.file, "name: %s\n", account->name);
	print_nature(org, account, text.file);
	fputs("created: ", text.file);
	text_time(text.file, account->created);
	fputs("\nupdated: ", text.file);
	text_time(text.file, account_updated(tree, node));
	fprintf(text.file, "\nversion: %" PRIu64 "\n", *ret_version);
	r = print_completeness(org, account, tree_provider(tree, account), text.file);
	if (r == 0 && account->kind == RECORD_CONNECTION)
		usage_print_credentials(org, account, text.file);
	return r < 0 ? r : text_end(&text, tree->pool, ret);
}

static void print_warning(const struct org *org, const struct provider *provider,
			  const struct record *field, FILE *file)
{
	const struct provider_field *rule = provider_field(provider, field->name);
	CLEANUP_SECRET struct secret *value = NULL;
	const char *warning;
	int r;

	if (!rule) {
		fprintf(file, "warning: %s: not known to the provider\n", field->name);
		return;
	}
	r = org_value(org, field->id, field->value_version, &value, NULL);
	if (r < 0) {
		fprintf(file, "warning: %s: cannot be read: %s\n", field->name, strerror(-r));
		return;
	}
	warning = field_warning(rule, secret_view(value), secret_size(value));
	if (warning)
		fprintf(file, "warning: %s: %s\n", field->name, warning);
}

static void print_history(const struct org *org, const struct record *field, FILE *file)
{
	uint64_t versions[VERSIONS_MAX];
	const size_t count = org_value_versions(org, field->id, versions, VERSIONS_MAX);
	bool first = true;

	for (size_t i = 0; i < count; i++) {
		if (versions[i] == field->value_version)
			continue;
		if (first)
			fprintf(file, "history: %s:", field->name);
		fprintf(file, " %" PRIu64, versions[i]);
		first = false;
	}
	if (!first)
		fputc('\n', file);
}

static void print_notes(struct tree *tree, const struct record *account, FILE *file)
{
	const struct note *note;
	size_t cursor = 0;

	while ((note = notes_next(tree->notes, account->id, &cursor))) {
		const struct passwd *user = getpwuid(note->uid);

		fprintf(file, "last-error: %s%s%s (%s, by ", note->reason,
			note->detail[0] ? ": " : "", note->detail, note->field);
		if (user)
			fprintf(file, "%s)\n", user->pw_name);
		else
			fprintf(file, "uid %u)\n", (unsigned)note->uid);
	}
}

int report_status(struct tree *tree, const struct node *node, struct secret **ret,
		  uint64_t *ret_version)
{
	CLEANUP_PRINTER struct printer text = {0};
	const struct record *account;
	const struct record *field = NULL;
	const char *trouble;
	struct org *org = NULL;
	int r = tree_org(tree, node, &org);

	if (r < 0)
		return r;
	account = tree_account(tree, org, node);
	if (!account)
		return -ENOENT;
	r = printer_begin(&text);
	if (r < 0)
		return r;
	*ret_version = changes_of(org, account);
	while ((field = org_next_child(org, account->id, field))) {
		if (field->kind == RECORD_FIELD && field->value_version)
			print_warning(org, tree_provider(tree, account), field, text.file);
		if (field->kind == RECORD_FIELD)
			print_history(org, field, text.file);
	}
	r = usage_print(tree, org, account, text.file);
	if (r < 0)
		return r;
	print_notes(tree, account, text.file);
	trouble = auditor_trouble(tree->auditor, node->pin);
	if (trouble)
		fprintf(text.file, "audit: cannot be written: %s\n", trouble);
	return text_end(&text, tree->pool, ret);
}
