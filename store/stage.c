/*
 * Relations. A row of an item carries a digest that stays while its record's relations stay, so
 * that who changes them is seen without any key. What a removed item was is not in the map any
 * more: ids of removed items are kept, because removing a record and writing it anew would be a way
 * around.
 */
#include "store/stage.h"

#include "store/removed.h"
#include "store/rule.h"

/* What stage_undo() puts back. */
struct former {
	bool existed;
	bool news;	    /* its id was not among the removed ones before */
	struct map_row row; /* its reference counts if it did not exist */
};

struct stage {
	struct map *map;
	struct entry_row *rows;
	struct former *formers; /* of the row at the same index */
	size_t count, room;
	struct removed *removed;
	bool torn;
};

int stage_new(struct map *map, struct stage **ret)
{
	CLEANUP(stage_freep) struct stage *stage = calloc(1, sizeof(*stage));
	int r;

	if (!stage)
		return -ENOMEM;
	stage->map = map;
	r = removed_new(&stage->removed);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(stage);
	return 0;
}

struct stage *stage_free(struct stage *stage)
{
	if (!stage)
		return NULL;
	removed_free(stage->removed);
	free(stage->rows);
	free(stage->formers);
	free(stage);
	return NULL;
}

static int reserve(struct stage *stage)
{
	size_t room = stage->room ? 2 * stage->room : 16;
	struct entry_row *rows;
	struct former *formers;

	if (stage->count < stage->room)
		return 0;
	rows = reallocarray(stage->rows, room, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	stage->rows = rows;
	formers = reallocarray(stage->formers, room, sizeof(*formers));
	if (!formers)
		return -ENOMEM;
	stage->formers = formers;
	stage->room = room;
	return 0;
}

/* A row written after an epoch began is sealed under that epoch's key. */
static int check_row(const struct row_ref *ref, uint32_t epoch, bool remove, bool exists)
{
	if (ref->table != ROW_ITEM && ref->table != ROW_VALUE)
		return -EBADMSG;
	if (ref->table == ROW_ITEM && !rule_knows(ref->kind))
		return -EPROTONOSUPPORT;
	if (ref->table == ROW_VALUE && ref->kind != RECORD_FIELD)
		return -EBADMSG;
	if (remove)
		return exists ? 0 : -EBADMSG;
	return ref->epoch == epoch ? 0 : -EBADMSG;
}

/* `ret` says whether that is news. */
static int note_removal(struct stage *stage, struct record_id id, bool *ret)
{
	*ret = !removed_has(stage->removed, id);
	return *ret ? removed_put(stage->removed, id) : 0;
}

int stage_put(struct stage *stage, const struct row_ref *ref, const struct digest *digest,
	      uint32_t epoch)
{
	const struct map_row *row = NULL;
	struct former former = {.row.ref = *ref};
	bool remove = digest_is_zero(digest);
	int r;

	if (ref->table == ROW_ITEM || ref->table == ROW_VALUE)
		row = map_get(stage->map, ref->table, ref->id, ref->version);
	if (row)
		former = (struct former){.existed = true, .row = *row};
	r = check_row(ref, epoch, remove, row);
	if (r < 0)
		return r;
	r = reserve(stage);
	if (r < 0)
		return r;
	if (remove && ref->table == ROW_ITEM)
		r = note_removal(stage, ref->id, &former.news);
	if (r == 0 && !remove)
		r = map_put(stage->map, ref, digest);
	if (r < 0)
		return r;
	if (remove)
		map_remove(stage->map, ref->table, ref->id, ref->version);
	stage->formers[stage->count] = former;
	stage->rows[stage->count] = (struct entry_row){.ref = *ref, .digest = *digest};
	if (remove)
		stage->rows[stage->count].ref.relations = (struct relations){{0}};
	stage->count++;
	return 0;
}

struct entry_row *stage_rows(const struct stage *stage, size_t *ret_count)
{
	*ret_count = stage->count;
	return stage->rows;
}

/* Whether the row puts an item into relations that it was not in. */
static bool changes_relations(const struct stage *stage, size_t index)
{
	const struct row_ref *ref = &stage->rows[index].ref;
	const struct former *former = &stage->formers[index];

	if (ref->table != ROW_ITEM || digest_is_zero(&stage->rows[index].digest))
		return false;
	if (!former->existed)
		return removed_has(stage->removed, ref->id);
	return former->row.ref.kind != ref->kind ||
	       !relations_equal(&former->row.ref.relations, &ref->relations);
}

enum capability stage_needs(const struct stage *stage)
{
	for (size_t i = 0; i < stage->count; i++) {
		if (rule_needs_manager(stage->rows[i].ref.kind) ||
		    rule_needs_manager(stage->formers[i].row.ref.kind) ||
		    changes_relations(stage, i))
			return CAN_MANAGE;
	}
	return CAN_WRITE;
}

void stage_keep(struct stage *stage)
{
	stage->count = 0;
}

/* From the last to the first, since a row may have been staged twice. A map that had the row has
 * room for it; should it ever have none, nothing is signed any more. */
void stage_undo(struct stage *stage)
{
	while (stage->count > 0) {
		const struct former *former = &stage->formers[--stage->count];
		const struct row_ref *ref = &former->row.ref;

		if (former->news)
			removed_forget(stage->removed, ref->id);
		if (!former->existed)
			map_remove(stage->map, ref->table, ref->id, ref->version);
		else if (map_put(stage->map, ref, &former->row.digest) < 0)
			stage->torn = true;
	}
}

bool stage_is_torn(const struct stage *stage)
{
	return stage->torn;
}
