#include "fs/history.h"

#include <string.h>

enum { VERSIONS_MAX = 2048 };

int history_lookup(struct tree *tree, const struct node *directory, const char *name,
		   const struct caller *caller, struct node *ret)
{
	const struct record *field;
	struct org *org = NULL;
	int r = tree_org(tree, directory, &org);

	(void)caller;
	if (r < 0)
		return r;
	field = org_child(org, directory->id, RECORD_FIELD, name);
	if (!field)
		return org_damaged(org) ? -EIO : -ENOENT;
	*ret = (struct node){NODE_HISTORY_FIELD, directory->pin, field->id, 0};
	return 0;
}

/* A version as it would be printed: digits, no leading zero. 0 for anything else. */
static uint64_t parse_version(const char *name)
{
	char *end = NULL;
	unsigned long long version;

	if (name[0] < '1' || name[0] > '9' || strlen(name) > 18)
		return 0;
	version = strtoull(name, &end, 10);
	return *end ? 0 : version;
}

static bool is_earlier(const struct org *org, const struct record *field, uint64_t version)
{
	uint64_t versions[VERSIONS_MAX];
	const size_t count = org_value_versions(org, field->id, versions, VERSIONS_MAX);

	for (size_t i = 0; i < count; i++) {
		if (versions[i] == version)
			return version != field->value_version;
	}
	return false;
}

int history_field_lookup(struct tree *tree, const struct node *directory, const char *name,
			 const struct caller *caller, struct node *ret)
{
	const uint64_t version = parse_version(name);
	const struct record *field;
	struct org *org = NULL;
	int r = tree_org(tree, directory, &org);

	(void)caller;
	if (r < 0)
		return r;
	field = org_record(org, directory->id);
	if (!field || !version || !is_earlier(org, field, version))
		return -ENOENT;
	*ret = (struct node){NODE_HISTORY_VALUE, directory->pin, field->id, version};
	return 0;
}

int history_list(struct tree *tree, const struct node *directory, const struct caller *caller,
		 struct listing *ret)
{
	(void)tree, (void)directory, (void)caller, (void)ret;
	return 0;
}

int history_content(struct tree *tree, const struct node *node, struct secret **ret,
		    uint64_t *ret_version)
{
	struct org *org = NULL;
	int r = tree_org(tree, node, &org);

	if (r < 0)
		return r;
	*ret_version = node->number;
	return org_value(org, node->id, node->number, ret, NULL);
}

uint64_t history_updated(struct tree *tree, const struct node *node)
{
	CLEANUP_SECRET struct secret *value = NULL;
	struct org *org = NULL;
	uint64_t time = tree->started;

	if (tree_org(tree, node, &org) == 0 &&
	    org_value(org, node->id, node->number, &value, &time) < 0)
		return tree->started;
	return time;
}

/* Earlier values beyond what the configuration keeps are removed with the same change. */
static int prune(struct change *change, const struct org *org, struct record_id field,
		 uint64_t current, size_t keep)
{
	uint64_t versions[VERSIONS_MAX];
	size_t count = org_value_versions(org, field, versions, VERSIONS_MAX);
	int r = 0;

	if (count && versions[count - 1] == current)
		count--;
	for (size_t i = 0; i + keep < count && r == 0; i++)
		r = change_remove_value(change, field, versions[i]);
	return r;
}

/* What becomes of the value that is there, and of those before it: as many as the configuration
 * says stay, and what the same handle published before is no history of its own. */
int history_settle(struct change *change, const struct tree *tree, const struct org *org,
		   const struct record *field, uint64_t published)
{
	const unsigned keep = tree->settings->history;
	const uint64_t current = field ? field->value_version : 0;
	const bool stays = current && keep && current != published;
	int r = 0;

	if (!field)
		return 0;
	if (current && !stays)
		r = change_remove_value(change, field->id, current);
	return r < 0 ? r : prune(change, org, field->id, current, keep - stays);
}
