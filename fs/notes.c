#include "fs/notes.h"

enum { NOTES_MAX = 256 };

struct notes {
	struct note list[NOTES_MAX];
	uint64_t age;
};

int notes_new(struct notes **ret)
{
	struct notes *notes = calloc(1, sizeof *notes);

	if (!notes)
		return -ENOMEM;
	*ret = notes;
	return 0;
}

struct notes *notes_free(struct notes *notes)
{
	free(notes);
	return NULL;
}

static struct note *find(struct notes *notes, struct record_id account, uid_t uid)
{
	for (size_t i = 0; i < NOTES_MAX; i++) {
		struct note *note = &notes->list[i];

		if (note->age && note->uid == uid && record_id_equal(note->account, account))
			return note;
	}
	return NULL;
}

static struct note *oldest(struct notes *notes)
{
	struct note *oldest = &notes->list[0];

	for (size_t i = 1; i < NOTES_MAX; i++) {
		if (notes->list[i].age < oldest->age)
			oldest = &notes->list[i];
	}
	return oldest;
}

void notes_put(struct notes *notes, struct record_id account, uid_t uid, const char *field,
	       const char *reason, const char *detail)
{
	struct note *note = find(notes, account, uid);

	if (!note)
		note = oldest(notes);
	*note = (struct note){.account = account, .uid = uid, .reason = reason};
	note->age = ++notes->age;
	snprintf(note->field, sizeof note->field, "%s", field);
	snprintf(note->detail, sizeof note->detail, "%s", detail);
}

void notes_clear(struct notes *notes, struct record_id account, uid_t uid, const char *field)
{
	struct note *note = find(notes, account, uid);

	if (note && strcmp(note->field, field) == 0)
		*note = (struct note){0};
}

const struct note *notes_next(const struct notes *notes, struct record_id account, size_t *cursor)
{
	while (*cursor < NOTES_MAX) {
		const struct note *note = &notes->list[(*cursor)++];

		if (note->age && record_id_equal(note->account, account))
			return note;
	}
	return NULL;
}
