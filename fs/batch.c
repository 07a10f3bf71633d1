/*
 * All of a batch are judged by what is there before any of them is committed. That is as if they
 * had come one after the other as long as none could have been judged otherwise for the sake of
 * another; of two saves in one account that cannot be said, so the second waits for the next
 * transaction.
 */
#include "fs/batch.h"

#include "fs/crash.h"
#include "fs/edit.h"

/* Those that go into one transaction. */
struct round {
	const struct batch *batch;
	struct draft_commit commits[BATCH_MAX];
	size_t indexes[BATCH_MAX]; /* of the batch */
	size_t count;
};

static void turn(const struct batch *batch, size_t index)
{
	if (batch->turn)
		batch->turn(batch->context, index);
}

static void end(const struct batch *batch, size_t index, int result)
{
	batch->end(batch->context, index, result);
}

static bool has_account_of(const struct round *round, const struct draft_commit *commit)
{
	for (size_t i = 0; i < round->count; i++) {
		const struct draft_commit *other = &round->commits[i];

		if (other->draft->node->pin == commit->draft->node->pin &&
		    record_id_equal(other->saving.account, commit->saving.account))
			return true;
	}
	return false;
}

/* Whether it has ended, or goes into this round; if not it is as it was. */
static bool add(struct round *round, size_t index)
{
	const struct batch *batch = round->batch;
	struct draft_commit *commit = &round->commits[round->count];
	int r;

	turn(batch, index);
	r = draft_stage(batch->tree, batch->drafts[index], commit);
	if (r < 0) {
		end(batch, index, r);
		return true;
	}
	if (!commit->saving.change) {
		end(batch, index, draft_settle(commit, 0));
		return true;
	}
	if (has_account_of(round, commit)) {
		draft_unstage(commit);
		return false;
	}
	round->indexes[round->count++] = index;
	return true;
}

/* What is done will be told of all of them. */
static int reserve(const struct round *round)
{
	int r = 0;

	for (size_t i = 0; i < round->count && r == 0; i++) {
		const size_t pin = round->commits[i].draft->node->pin;
		size_t changes = 0;

		for (size_t j = 0; j < round->count; j++)
			changes += round->commits[j].draft->node->pin == pin;
		r = witness_reserve(round->batch->tree, pin, changes);
	}
	return r;
}

static int commit_all(const struct round *round)
{
	struct tree *tree = round->batch->tree;
	struct edit_change changes[BATCH_MAX];
	const uint64_t time = tree_now();
	int r = reserve(round);

	for (size_t i = 0; i < round->count; i++) {
		const struct draft_commit *commit = &round->commits[i];

		turn(round->batch, round->indexes[i]);
		tree_intend(tree, commit->draft->node->pin, time);
		changes[i] = (struct edit_change){commit->draft->node->pin, commit->saving.org,
						  commit->saving.change};
	}
	return r < 0 ? r : edit_commit_all(tree, changes, round->count, time);
}

static int commit_one(const struct round *round)
{
	const struct draft_commit *commit = &round->commits[0];

	turn(round->batch, round->indexes[0]);
	return edit_commit(round->batch->tree, commit->draft->node, commit->saving.org,
			   commit->saving.change);
}

static void settle(struct round *round, int result)
{
	for (size_t i = 0; i < round->count; i++) {
		turn(round->batch, round->indexes[i]);
		end(round->batch, round->indexes[i], draft_settle(&round->commits[i], result));
		/* All of it is durable; who comes behind was told nothing yet. */
		if (round->count > 1)
			crash_at("settled");
	}
}

/* As if none had waited for another. */
static void commit_each(struct round *round)
{
	const struct batch *batch = round->batch;

	for (size_t i = 0; i < round->count; i++) {
		turn(batch, round->indexes[i]);
		tree_withdraw(batch->tree, round->commits[i].draft->node->pin);
		draft_unstage(&round->commits[i]);
	}
	for (size_t i = 0; i < round->count; i++) {
		const size_t index = round->indexes[i];

		turn(batch, index);
		end(batch, index, draft_flush(batch->tree, batch->drafts[index], false));
	}
}

static void commit(struct round *round)
{
	if (round->count == 1) {
		settle(round, commit_one(round));
	} else if (round->count && commit_all(round) == 0) {
		crash_at("committed-together");
		settle(round, 0);
	} else {
		commit_each(round);
	}
}

void batch_commit(const struct batch *batch)
{
	size_t next = 0;

	while (next < batch->count) {
		struct round round;

		round.batch = batch;
		round.count = 0;
		while (next < batch->count && add(&round, next))
			next++;
		commit(&round);
	}
}
