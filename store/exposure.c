#include "store/exposure.h"

enum { FETCH_MAX = 256 }; /* entries at once */

/* A version of a value, and when it was first written. */
struct written {
	struct record_id field;
	uint64_t version;
	uint64_t generation;
};

struct survey {
	const struct chain *chain;
	struct recipient_id recipient;
	uint64_t generation; /* of the last entry seen */
	uint64_t last;	     /* generation up to which the recipient was a member; 0: never */
	bool member;	     /* after the last entry seen */
	struct written *values;
	size_t count, room;
};

static void survey_done(struct survey *survey)
{
	free(survey->values);
}

static int note_value(struct survey *survey, const struct row_ref *ref, uint64_t generation)
{
	const size_t room = survey->room ? 2 * survey->room : 64;
	struct written *values;

	if (survey->count == survey->room) {
		values = reallocarray(survey->values, room, sizeof(*values));
		if (!values)
			return -ENOMEM;
		survey->values = values;
		survey->room = room;
	}
	survey->values[survey->count++] = (struct written){ref->id, ref->version, generation};
	return 0;
}

static void note_members(struct survey *survey, const struct entry *entry)
{
	bool member = false;

	for (size_t i = 0; i < entry->member_count; i++) {
		const struct recipient_id id = recipient_public_id(&entry->members[i].public);

		member |= recipient_id_equal(id, survey->recipient);
	}
	survey->member = member;
}

static int see(void *context, const struct engine_entry *coded)
{
	struct survey *survey = context;
	CLEANUP_ENTRY struct entry entry = {0};
	int r = entry_decode(coded->bytes, coded->size, &entry);

	for (size_t i = 0; r == 0 && i < entry.row_count; i++) {
		const struct entry_row *row = &entry.rows[i];

		if (row->ref.table == ROW_VALUE && !digest_is_zero(&row->digest))
			r = note_value(survey, &row->ref, entry.generation);
	}
	if (r < 0)
		return r;
	if (entry.type != ENTRY_CHANGE)
		note_members(survey, &entry);
	survey->generation = entry.generation;
	if (survey->member)
		survey->last = entry.generation;
	return 0;
}

static int survey_log(struct survey *survey, struct engine *engine)
{
	const uint64_t end = chain_generation(survey->chain);
	int r = 0;

	while (r == 0 && survey->generation < end) {
		const uint64_t before = survey->generation;
		const size_t left = end - before < FETCH_MAX ? (size_t)(end - before) : FETCH_MAX;

		r = engine->ops->fetch(engine, chain_org(survey->chain), before, left, see, survey);
		if (r == 0 && survey->generation == before)
			return -EBADMSG;
	}
	return r;
}

static int compare(const void *a, const void *b)
{
	const struct written *left = a, *right = b;
	int r = record_id_compare(left->field, right->field);

	if (r == 0)
		r = (left->version > right->version) - (left->version < right->version);
	return r ? r
		 : (left->generation > right->generation) - (left->generation < right->generation);
}

/* Sealing a row anew writes it once more: what counts is the first time. */
static int tell(const struct survey *survey, const struct index *index, exposure_fn *each,
		void *context)
{
	for (size_t i = 0; i < survey->count; i++) {
		const struct written *value = &survey->values[i];
		const struct record *field = index_get(index, value->field);
		int r;

		if (i > 0 && record_id_equal(value[-1].field, value->field) &&
		    value[-1].version == value->version)
			continue;
		if (!field || field->value_version != value->version ||
		    value->generation > survey->last)
			continue;
		r = each(context, field);
		if (r)
			return r;
	}
	return 0;
}

int exposure(struct engine *engine, const struct chain *chain, const struct index *index,
	     struct recipient_id recipient, exposure_fn *each, void *context)
{
	CLEANUP(survey_done) struct survey survey = {.chain = chain, .recipient = recipient};
	int r = survey_log(&survey, engine);

	if (r < 0)
		return r;
	if (survey.last == 0)
		return -ENOENT;
	if (survey.count > 1)
		qsort(survey.values, survey.count, sizeof(*survey.values), compare);
	return tell(&survey, index, each, context);
}
