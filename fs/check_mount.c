/*
 * credfs check: what is wrong with the accounts of a mount, as far as the caller may see it.
 */
#include <libsmartcols/libsmartcols.h>
#include <string.h>

#include "fs/check.h"
#include "fs/command.h"
#include "fs/finding.h"

enum column { COLUMN_MOUNT_POINT, COLUMN_PATH, COLUMN_FINDING, COLUMN_DETAIL, COLUMNS };

static const char *const headings[] = {
	[COLUMN_MOUNT_POINT] = "mount",
	[COLUMN_PATH] = "path",
	[COLUMN_FINDING] = "finding",
	[COLUMN_DETAIL] = "detail",
};
_Static_assert(sizeof headings / sizeof headings[0] == COLUMNS, "each has a heading");

struct checking {
	struct inventory inventory;
	struct libscols_table *table;
	size_t findings;
	bool json;
	bool failed; /* without memory, while something was told */
};

static struct libscols_table *table_free(struct libscols_table *table)
{
	scols_unref_table(table);
	return NULL;
}
DEFINE_CLEANUP(struct libscols_table, table_free);

static int add(void *context, const struct finding *finding)
{
	struct checking *checking = context;
	const char *cells[COLUMNS] = {
		[COLUMN_MOUNT_POINT] = finding->mount,
		[COLUMN_PATH] = finding->path,
		[COLUMN_FINDING] = finding_name(finding->kind),
		[COLUMN_DETAIL] = finding->detail,
	};
	struct libscols_line *line = scols_table_new_line(checking->table, NULL);

	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < COLUMNS; i++) {
		if (scols_line_set_data(line, i, cells[i]) < 0)
			return -ENOMEM;
	}
	checking->findings++;
	return 0;
}

/* What cannot be read is a finding, too. */
static void tell(void *context, const char *mount, const char *path, int error)
{
	struct checking *checking = context;
	const struct finding finding = {FINDING_UNREADABLE, mount, path, strerror(error)};

	checking->inventory.failed--;
	checking->failed |= add(checking, &finding) < 0;
}

static int add_columns(struct libscols_table *table)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		if (!scols_table_new_column(table, headings[i], 0, 0))
			return -ENOMEM;
	}
	return 0;
}

/* Which mount it is says nothing when there is but one. */
static int print(const struct checking *checking)
{
	struct libscols_column *mount = scols_table_get_column(checking->table, COLUMN_MOUNT_POINT);

	scols_table_set_name(checking->table, "findings");
	scols_table_enable_json(checking->table, checking->json);
	if (!checking->json && !checking->findings)
		return 0;
	if (!checking->json && checking->inventory.mounts < 2 &&
	    scols_column_set_flags(mount, SCOLS_FL_HIDDEN) < 0)
		return -ENOMEM;
	return scols_print_table(checking->table) < 0 ? -EIO : 0;
}

static enum exit_code check(struct checking *checking, const char *where)
{
	struct inventory *inventory = &checking->inventory;
	const enum exit_code code = inventory_read(inventory, where);
	int r;

	if (code != EXIT_DONE)
		return code;
	/* A mount that is gone is not one in which nothing is wrong. */
	if (!inventory->mounts && !inventory->failed)
		return command_fail(EXIT_OTHER, "no credfs is mounted: there is nothing to check");
	r = checking->failed ? -ENOMEM : finding_each(inventory, add, checking);
	progress_done(inventory->progress);
	if (r == 0)
		r = print(checking);
	if (r < 0)
		return command_fail(EXIT_OTHER, "cannot print what was found: %s", strerror(-r));
	if (inventory->failed)
		return EXIT_OTHER;
	return checking->findings ? EXIT_WRONG : EXIT_DONE;
}

enum exit_code check_mount(const char *where, bool json)
{
	CLEANUP(table_freep) struct libscols_table *table = scols_new_table();
	CLEANUP_PROGRESS struct progress progress;
	struct checking checking = {.table = table, .json = json};
	enum exit_code code;

	progress_init(&progress, "reading");
	if (!table || add_columns(table) < 0)
		return command_fail(EXIT_OTHER, "out of memory");
	checking.inventory =
		(struct inventory){.progress = &progress, .tell = tell, .context = &checking};
	code = check(&checking, where);
	inventory_done(&checking.inventory);
	return code;
}
