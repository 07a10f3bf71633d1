#include "fs/finding.h"

#include <string.h>

static const char *const names[] = {
	[FINDING_MISSING] = "missing",	     [FINDING_WARNING] = "warning",
	[FINDING_LINK] = "broken-link",	     [FINDING_ORPHAN] = "orphan",
	[FINDING_UNUSED] = "unused",	     [FINDING_AUDIT] = "audit",
	[FINDING_UNREADABLE] = "unreadable",
};
_Static_assert(sizeof names / sizeof names[0] == FINDING_KINDS, "each has a name");

const char *finding_name(enum finding_kind kind)
{
	return names[kind];
}

struct telling {
	int (*each)(void *context, const struct finding *finding);
	void *context;
	const struct inventory_row *row;
};

static int tell(const struct telling *telling, enum finding_kind kind, const char *detail)
{
	const struct finding finding = {
		.kind = kind,
		.mount = telling->row->columns[COLUMN_MOUNT],
		.path = telling->row->columns[COLUMN_ACCOUNT],
		.detail = detail,
	};

	return telling->each(telling->context, &finding);
}

static int tell_lines(const struct telling *telling, enum finding_kind kind, const char *lines)
{
	int r = 0;

	while (lines && *lines && r == 0) {
		CLEANUP_FREE char *line = strndup(lines, strcspn(lines, "\n"));

		r = line ? tell(telling, kind, line) : -ENOMEM;
		lines += strcspn(lines, "\n");
		lines += *lines == '\n';
	}
	return r;
}

/* Of a project, or of a user, it is used where it is. */
static bool is_shared(const char *account)
{
	const char *slash = strchr(account, '/');

	return slash && !strchr(slash + 1, '/');
}

static int judge(const struct telling *telling)
{
	const struct inventory_row *row = telling->row;
	const char *users = row->columns[COLUMN_USED_BY];
	int r = tell_lines(telling, FINDING_MISSING, row->columns[COLUMN_MISSING]);

	if (r == 0)
		r = tell_lines(telling, FINDING_WARNING, row->columns[COLUMN_WARNINGS]);
	if (r == 0 && row->trouble)
		r = tell_lines(telling, FINDING_AUDIT, row->trouble);
	if (r == 0 && row->orphan)
		return tell(telling, FINDING_ORPHAN, "no connection has it any more");
	if (r == 0 && users && !*users && is_shared(row->columns[COLUMN_ACCOUNT]))
		r = tell(telling, FINDING_UNUSED, "no project or connection has it");
	return r;
}

static int judge_link(const struct telling *telling, const struct inventory_link *link)
{
	CLEANUP_FREE char *detail = NULL;
	struct finding finding = {.kind = FINDING_LINK, .mount = link->mount, .path = link->path};

	if (!link->broken)
		return 0;
	if (asprintf(&detail, "leads to %s, which is not there", link->target) < 0) {
		detail = NULL;
		return -ENOMEM;
	}
	finding.detail = detail;
	return telling->each(telling->context, &finding);
}

int finding_each(const struct inventory *inventory,
		 int (*each)(void *context, const struct finding *finding), void *context)
{
	struct telling telling = {.each = each, .context = context};
	int r = 0;

	for (size_t i = 0; i < inventory->count && r == 0; i++) {
		telling.row = &inventory->rows[i];
		r = judge(&telling);
	}
	for (size_t i = 0; i < inventory->link_count && r == 0; i++)
		r = judge_link(&telling, &inventory->links[i]);
	return r;
}
