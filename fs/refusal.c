#include "fs/refusal.h"

#include "fs/log.h"
#include "store/name.h"

static const char *const reasons[REFUSALS] = {
	[REFUSED_CREATE] = "not created",
	[REFUSED_REMOVE] = "not removed",
	[REFUSED_RENAME] = "not renamed",
};

/* What errors mean here. What a value was refused for, or that there is no such name, is not
 * listed: it was told before, or there is nothing to tell. */
static const struct {
	enum refusal what;
	int error;
	const char *meaning;
} meanings[] = {
	{REFUSED_CREATE, -EINVAL, "the provider does not know this field"},
	{REFUSED_CREATE, -EACCES, "not permitted"},
	{REFUSED_CREATE, -ENAMETOOLONG, "the name is too long"},
	{REFUSED_REMOVE, -EACCES, "not permitted"},
	{REFUSED_REMOVE, -EPERM, "it goes with the account"},
	{REFUSED_REMOVE, -ENOSPC, "the store cannot be written"},
	{REFUSED_REMOVE, -EROFS, "the store cannot be written"},
	{REFUSED_REMOVE, -EIO, "the store cannot be written"},
	{REFUSED_RENAME, -EACCES, "not permitted"},
	{REFUSED_RENAME, -EPERM, "it is no field, or the new name is none"},
};

static const char *meaning_of(enum refusal what, int error)
{
	for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
		if (meanings[i].what == what && meanings[i].error == error)
			return meanings[i].meaning;
	}
	return NULL;
}

int refusal_note(const struct edit *edit, enum refusal what, int error)
{
	const struct node status = {NODE_STATUS, edit->directory->pin, edit->directory->id, 0};
	const char *meaning = meaning_of(what, error);
	/* A line for each note: a name that would break it is not repeated. */
	const char *name = name_is_valid(edit->name) ? edit->name : "?";

	if (!meaning)
		return error;
	notes_put(edit->tree->notes, edit->directory->id, edit->caller->uid, name, reasons[what],
		  meaning);
	tree_invalidate(edit->tree, &status);
	log_line(LOG_NOTICE, "refused: in inode %llu, uid %u: %s: %s",
		 (unsigned long long)tree_inode(edit->tree, edit->directory),
		 (unsigned)edit->caller->uid, reasons[what], meaning);
	return error;
}
