#include "fs/audit_file.h"

/* What one read is answered with at most: a reader asks again for the rest. */
enum { PIECE = 64 * 1024 };

static int log_of(struct tree *tree, const struct node *node, struct audit **ret)
{
	struct org *org = NULL;
	int r = tree_org(tree, node, &org);

	return r < 0 ? r : auditor_log(tree->auditor, node->pin, org, ret);
}

int audit_file_read(struct tree *tree, const struct node *node, const struct kind_range *range,
		    struct secret **ret)
{
	CLEANUP_SECRET struct secret *piece = NULL;
	struct audit *log = NULL;
	size_t size = range->size < PIECE ? range->size : PIECE;
	int r = log_of(tree, node, &log);

	if (r == 0)
		r = secret_zeros(tree->pool, size, &piece);
	if (r == 0)
		r = audit_read(log, range->offset, (char *)secret_bytes(piece), size, &size);
	if (r == 0)
		r = secret_resize(piece, size);
	if (r == 0)
		*ret = TAKE_PTR(piece);
	return r;
}

int audit_file_size(struct tree *tree, const struct node *node, uint64_t *ret)
{
	struct audit *log = NULL;

	/* One that cannot be opened keeps its place in the listing; reading it says why. */
	*ret = log_of(tree, node, &log) == 0 ? audit_size(log) : 0;
	return 0;
}

uint64_t audit_file_updated(struct tree *tree, const struct node *node)
{
	struct audit *log = NULL;
	uint64_t time = log_of(tree, node, &log) == 0 ? audit_time(log) : 0;

	return time ? time : tree->started;
}
