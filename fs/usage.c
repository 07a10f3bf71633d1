#include "fs/usage.h"

#include "fs/offer.h"
#include "fs/text.h"

/* Projects, each once. */
struct users {
	struct record_id *list;
	size_t count;
};

static int add_user(void *context, const struct record *link)
{
	struct users *users = context;
	struct record_id *list;

	for (size_t i = 0; i < users->count; i++) {
		if (record_id_equal(users->list[i], link->parent))
			return 0;
	}
	list = reallocarray(users->list, users->count + 1, sizeof *list);
	if (!list)
		return -ENOMEM;
	users->list = list;
	list[users->count++] = link->parent;
	return 0;
}

static size_t print_connections(const struct tree *tree, const struct org *org,
				const struct record *account, FILE *file)
{
	const struct record *heir = NULL;
	size_t count = 0;

	while (tree->settings->connections && (heir = org_next_heir(org, account->id, heir))) {
		const struct record *connection = org_record(org, heir->parent);

		if (heir->kind != RECORD_ASSOCIATION || !connection)
			continue;
		fprintf(file, "used-by: connections/%s\n", connection->name);
		count++;
	}
	return count;
}

int usage_print(const struct tree *tree, const struct org *org, const struct record *record,
		FILE *file)
{
	struct users users = {0};
	int r = offer_each_link(tree, org, record, add_user, &users);
	CLEANUP_FREE struct record_id *list = users.list;
	size_t count = users.count;

	for (size_t i = 0; i < users.count; i++) {
		const struct record *project = org_record(org, list[i]);

		if (project)
			fprintf(file, "used-by: %s\n", project->name);
	}
	count += print_connections(tree, org, record, file);
	if (record->orphaned && !count) {
		fputs("orphan: since ", file);
		text_time(file, record->orphaned);
		fputc('\n', file);
	}
	return r;
}

void usage_print_credentials(const struct org *org, const struct record *connection, FILE *file)
{
	const struct record *association = NULL;

	while ((association = offer_next(org, connection->id, association)))
		fprintf(file, "credential: %s\n", association->name);
}
