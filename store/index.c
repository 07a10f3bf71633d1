/*
 * A node stands for an id: of a record, or of one that others name as their parent or target and
 * that is not there (vacant). Nodes are found by id in a table, several times for each value that
 * is read; and in a tree of <search.h>, which is balanced, by parent, space, name and id. The id
 * there makes every key its own, and puts the record that is served before its namesakes; a search
 * for the first of a name is a search for a place in the order, which compare_place() notes on its
 * way down.
 */
#include "store/index.h"

#include <search.h>
#include <string.h>
#include <sys/queue.h>

#include "store/rule.h"
#include "store/table.h"

LIST_HEAD(node_list, node);

struct node {
	struct record
		record; /* first: a record finds its node by it; all but its id zero if vacant */
	struct table_place place; /* by id */
	bool live;
	struct node *parent, *target; /* NULL where the record has none */
	LIST_ENTRY(node) of_parent, of_target;
	struct node_list children, heirs;
};

struct index {
	struct table by_id;
	void *by_name;
};

/* A place in the order of names: before the first node of this parent, space and name. */
struct place {
	struct record_id parent;
	enum record_kind space;
	const char *name;
	const struct node *next; /* the first node behind it, of those seen */
};

static int compare_id(const void *a, const void *b)
{
	const struct node *left = a, *right = b;

	return record_id_compare(left->record.id, right->record.id);
}

static int compare_to_place(const struct node *node, struct record_id parent,
			    enum record_kind space, const char *name)
{
	int r = record_id_compare(node->record.parent, parent);

	if (r == 0)
		r = (int)rule_space(node->record.kind) - (int)space;
	return r ? r : strcmp(node->record.name, name);
}

static int compare_name(const void *a, const void *b)
{
	const struct node *left = a, *right = b;
	int r = compare_to_place(left, right->record.parent, rule_space(right->record.kind),
				 right->record.name);

	return r ? r : compare_id(left, right);
}

/* The key of a search is never equal to a node, but always before or behind it. */
static int compare_place(const void *a, const void *b)
{
	struct place *place = *(struct place *const *)a;
	const struct node *node = b;

	if (compare_to_place(node, place->parent, place->space, place->name) < 0)
		return 1;
	place->next = node;
	return -1;
}

static struct node *at(struct table_place *place)
{
	return place ? (struct node *)((char *)place - offsetof(struct node, place)) : NULL;
}

static uint64_t hash_of(const struct index *index, struct record_id id)
{
	return table_hash(&index->by_id, id.bytes, sizeof(id.bytes));
}

static struct node *find(const struct index *index, struct record_id id)
{
	struct table_place *place = table_find(&index->by_id, hash_of(index, id));

	while (place && !record_id_equal(at(place)->record.id, id))
		place = table_find_next(place);
	return at(place);
}

/* The node of this id, a vacant one when there was none; NULL without memory. */
static struct node *find_or_add(struct index *index, struct record_id id)
{
	CLEANUP_FREE struct node *node = find(index, id);

	if (node)
		return TAKE_PTR(node);
	node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	node->record.id = id;
	LIST_INIT(&node->children);
	LIST_INIT(&node->heirs);
	if (table_put(&index->by_id, &node->place, hash_of(index, id)) < 0)
		return NULL;
	return TAKE_PTR(node);
}

/* Free the node when nothing needs it any more. */
static void release(struct index *index, struct node *node)
{
	if (node->live || !LIST_EMPTY(&node->children) || !LIST_EMPTY(&node->heirs))
		return;
	table_remove(&index->by_id, &node->place);
	free(node);
}

/* Make the node vacant, and free those that were kept for it alone. */
static void vacate(struct index *index, struct node *node)
{
	struct node *parent = TAKE_PTR(node->parent), *target = TAKE_PTR(node->target);
	struct record_id id = node->record.id;

	if (parent) {
		tdelete(node, &index->by_name, compare_name);
		LIST_REMOVE(node, of_parent);
	}
	if (target)
		LIST_REMOVE(node, of_target);
	record_done(&node->record);
	node->record.id = id;
	node->live = false;
	if (parent)
		release(index, parent);
	if (target && target != parent)
		release(index, target);
}

int index_new(struct index **ret)
{
	struct index *index = calloc(1, sizeof(*index));

	if (!index)
		return -ENOMEM;
	table_init(&index->by_id);
	*ret = index;
	return 0;
}

static void keep_node(void *pointer)
{
	(void)pointer;
}

struct index *index_free(struct index *index)
{
	struct node *node, *next;

	if (!index)
		return NULL;
	tdestroy(index->by_name, keep_node);
	for (node = at(table_next(&index->by_id, NULL)); node; node = next) {
		next = at(table_next(&index->by_id, &node->place));
		record_done(&node->record);
		free(node);
	}
	table_done(&index->by_id);
	free(index);
	return NULL;
}

static int join_parent(struct index *index, struct node *node)
{
	struct node *parent = find_or_add(index, node->record.parent);

	if (!parent || !tsearch(node, &index->by_name, compare_name))
		return -ENOMEM;
	LIST_INSERT_HEAD(&parent->children, node, of_parent);
	node->parent = parent;
	return 0;
}

static int join_target(struct index *index, struct node *node)
{
	struct node *target = find_or_add(index, node->record.target);

	if (!target)
		return -ENOMEM;
	LIST_INSERT_HEAD(&target->heirs, node, of_target);
	node->target = target;
	return 0;
}

int index_put(struct index *index, struct record *record)
{
	struct node *node = find_or_add(index, record->id);
	int r = 0;

	if (!node)
		return -ENOMEM;
	if (node->live)
		vacate(index, node);
	node->record = *record;
	node->live = true;
	*record = (struct record){0};

	/* The organisation's own record is nobody's child. */
	if (node->record.kind != RECORD_ORG)
		r = join_parent(index, node);
	if (r == 0 && !record_id_is_zero(node->record.target))
		r = join_target(index, node);
	return r;
}

void index_remove(struct index *index, struct record_id id)
{
	struct node *node = find(index, id);

	if (!node || !node->live)
		return;
	vacate(index, node);
	release(index, node);
}

static const struct record *record_of(const struct node *node)
{
	return node && node->live ? &node->record : NULL;
}

static const struct node *node_of(const struct record *record)
{
	return (const struct node *)record;
}

const struct record *index_get(const struct index *index, struct record_id id)
{
	return record_of(find(index, id));
}

/* Whether children of this id are to be found: it is the organisation, or a record. */
static bool is_place(const struct index *index, struct record_id id)
{
	return record_id_is_zero(id) || index_get(index, id);
}

const struct record *index_child(const struct index *index, struct record_id parent,
				 enum record_kind kind, const char *name)
{
	struct place place = {.parent = parent, .space = rule_space(kind), .name = name};
	struct place *key = &place;

	tfind(&key, &index->by_name, compare_place);
	if (!place.next || !is_place(index, parent) ||
	    compare_to_place(place.next, parent, place.space, name) != 0)
		return NULL;
	return &place.next->record;
}

const struct record *index_next_child(const struct index *index, struct record_id parent,
				      const struct record *previous)
{
	const struct node *node = previous ? node_of(previous) : find(index, parent);

	if (previous)
		return record_of(LIST_NEXT(node, of_parent));
	return node && is_place(index, parent) ? record_of(LIST_FIRST(&node->children)) : NULL;
}

const struct record *index_next_heir(const struct index *index, struct record_id account,
				     const struct record *previous)
{
	const struct node *node = previous ? node_of(previous) : find(index, account);

	if (previous)
		return record_of(LIST_NEXT(node, of_target));
	return node ? record_of(LIST_FIRST(&node->heirs)) : NULL;
}
