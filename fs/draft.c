/*
 * When a draft is committed was found by trying what shells and editors do. They close descriptors
 * several times around one write, so that only the close that belongs to the last write may count;
 * a process that is killed closes too, half-way; and what no such close committed is committed when
 * the last descriptor goes.
 */
#include "fs/draft.h"

#include <string.h>

#include "fs/log.h"
#include "fs/witness.h"

static struct save save_of(struct tree *tree, const struct draft *draft, uint64_t *published)
{
	return (struct save){
		.tree = tree,
		.node = draft->node,
		.uid = draft->writer->uid,
		.bytes = secret_view(draft->bytes),
		.size = secret_size(draft->bytes),
		.published = published,
	};
}

static int judge(struct tree *tree, const struct draft *draft, bool whole)
{
	uint64_t published = draft->published;
	const struct save save = save_of(tree, draft, &published);

	return kind_of(draft->node)->judge(&save, whole);
}

static int refuse(struct draft *draft, int error)
{
	draft->refused = error;
	draft->written = false;
	return error;
}

static int put(struct draft *draft, uint64_t offset, const struct draft_write *write)
{
	const size_t room = offset < DRAFT_MAX ? DRAFT_MAX - (size_t)offset : 0;
	const size_t length = write->size < room ? write->size : room;
	const size_t end = room ? (size_t)offset + length : DRAFT_MAX;
	int r = 0;

	draft->revision++;
	if (end > secret_size(draft->bytes))
		r = secret_resize(draft->bytes, end);
	if (r == 0 && length)
		memcpy(secret_bytes(draft->bytes) + offset, write->bytes, length);
	return r;
}

/* Two keys glued together are none. */
static bool may_append(struct tree *tree, const struct draft *draft)
{
	const struct kind *kind = kind_of(draft->node);
	uint64_t published = 0;
	const struct save save = save_of(tree, draft, &published);

	return draft->written || draft->published || !kind->appendable || kind->appendable(&save);
}

static int write_draft(struct tree *tree, struct draft *draft, const struct draft_write *write)
{
	uint64_t offset = write->offset;
	int r;

	if (draft->refused)
		return draft->refused;
	if (draft->missing)
		return refuse(draft, draft->missing);
	if (draft->append && !may_append(tree, draft))
		return refuse(draft, -EKEYREJECTED);
	/* The kernel reckons with the committed size, the draft may be longer. */
	if (draft->append)
		offset = secret_size(draft->bytes);
	r = put(draft, offset, write);
	/* What came before is a part only. */
	if (r < 0)
		return refuse(draft, r);
	r = judge(tree, draft, false);
	if (r < 0)
		return refuse(draft, r);
	draft->written = true;
	draft->touched = tree_monotonic();
	draft->owner = write->owner;
	return 0;
}

int draft_write(struct tree *tree, struct draft *draft, const struct draft_write *write)
{
	const bool refused = draft->refused;
	struct witness witness = {0};
	int r = write_draft(tree, draft, write);

	/* Told once: whoever goes on writing is refused for the same reason. */
	if (r < 0 && !refused) {
		(void)!witness_save(&witness, tree, draft->node, draft->actor);
		(void)witness_end(&witness, r);
	}
	return r;
}

void draft_empty(struct draft *draft, int error)
{
	(void)refuse(draft, error);
	draft->revision++;
	secret_clear(draft->bytes);
}

int draft_truncate(struct tree *tree, struct draft *draft, uint64_t size)
{
	const size_t now = secret_size(draft->bytes);
	int r;

	draft->revision++;
	draft->touched = tree_monotonic();
	if (size == 0) {
		draft->truncated = true;
		draft->written = false;
		draft->refused = 0;
		draft->missing = 0;
		return secret_resize(draft->bytes, 0);
	}
	if (draft->missing)
		return draft->missing;
	if (size == now)
		return 0;
	if (size > DRAFT_MAX)
		return -EFBIG;
	if (size < now && !draft->written)
		return -EKEYREJECTED;
	r = secret_resize(draft->bytes, size);
	return r < 0 ? r : judge(tree, draft, false);
}

bool draft_is_untouched(const struct draft *draft)
{
	return !draft->written && !draft->truncated && !draft->refused && !draft->published;
}

int draft_check(struct tree *tree, const struct draft *draft)
{
	if (draft->refused || !draft->written)
		return draft->refused;
	return judge(tree, draft, true);
}

/* Whether its writer may still save it, and whether that can be recorded. */
static int begin(struct tree *tree, struct draft *draft, struct witness *witness)
{
	int recorded = witness_save(witness, tree, draft->node, draft->actor);
	int r = access_bits(tree, draft->node, draft->writer, 2);

	draft->written = false;
	if (r == -EACCES)
		log_line(LOG_NOTICE, "refused: inode %llu, uid %u: no longer permitted",
			 (unsigned long long)tree_inode(tree, draft->node),
			 (unsigned)draft->writer->uid);
	return r < 0 ? r : recorded;
}

static int end(struct draft *draft, struct witness *witness, int result)
{
	(void)witness_end(witness, result);
	draft->failed = result < 0;
	if (result == 0)
		draft->truncated = false;
	return result;
}

static int commit(struct tree *tree, struct draft *draft)
{
	const struct save save = save_of(tree, draft, &draft->published);
	struct witness witness = {0};
	int r = begin(tree, draft, &witness);

	if (r == 0)
		r = kind_of(draft->node)->commit(&save);
	return end(draft, &witness, r);
}

bool draft_may_wait(const struct draft *draft)
{
	return draft->written && kind_of(draft->node)->stage;
}

int draft_stage(struct tree *tree, struct draft *draft, struct draft_commit *ret)
{
	const struct save save = save_of(tree, draft, &draft->published);
	int r;

	*ret = (struct draft_commit){.draft = draft};
	r = begin(tree, draft, &ret->witness);
	if (r == 0)
		r = kind_of(draft->node)->stage(&save, &ret->saving);
	return r < 0 ? end(draft, &ret->witness, r) : 0;
}

int draft_settle(struct draft_commit *commit, int result)
{
	int r = kind_of(commit->draft->node)->settle(&commit->saving, result);

	return end(commit->draft, &commit->witness, r);
}

void draft_unstage(struct draft_commit *commit)
{
	saving_done(&commit->saving);
	commit->draft->written = true;
}

bool draft_ends(const struct draft *draft, uint64_t owner)
{
	if (draft->refused)
		return false;
	return draft->written ? draft->owner == owner : draft->replaces;
}

int draft_flush(struct tree *tree, struct draft *draft, bool killed)
{
	if (killed && draft->written) {
		/* Who shares the descriptor would go on behind a gap. */
		(void)refuse(draft, -EIO);
		return 0;
	}
	if (!draft->written) {
		draft->failed |= killed;
		return 0;
	}
	return commit(tree, draft);
}

static enum abandoned why_abandoned(const struct draft *draft)
{
	if (draft->refused || draft->failed)
		return ABANDONED_REFUSED;
	return draft->exclusive ? ABANDONED_EMPTY : ABANDONED_TRUNCATED;
}

void draft_release(struct tree *tree, struct draft *draft)
{
	const struct kind *kind = kind_of(draft->node);
	const struct save save = save_of(tree, draft, &draft->published);
	enum abandoned why;

	if (draft->written)
		(void)!commit(tree, draft);
	why = why_abandoned(draft);
	if (!draft->published && (draft->truncated || why == ABANDONED_REFUSED) &&
	    kind->abandoned && access_bits(tree, draft->node, draft->writer, 2) == 0) {
		struct witness witness = {0};

		/* What was removed to make room may be put back. */
		(void)!witness_save(&witness, tree, draft->node, draft->actor);
		witness.operation = AUDIT_RESTORE;
		kind->abandoned(&save, why);
		(void)witness_end(&witness, 0);
	}
}
