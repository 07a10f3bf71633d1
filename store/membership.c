#include "store/membership.h"

void membership_done(struct membership *membership)
{
	free(membership->members);
	free(membership->epochs);
	*membership = (struct membership){0};
}

static int member_compare(const void *a, const void *b)
{
	const struct member *left = a, *right = b;

	return memcmp(left->id.bytes, right->id.bytes, ID_SIZE);
}

static int take_members(const struct entry *entry, struct membership *ret)
{
	struct member *members = calloc(entry->member_count + 1, sizeof(*members));

	if (!members)
		return -ENOMEM;
	ret->members = members;
	ret->member_count = entry->member_count;
	for (size_t i = 0; i < entry->member_count; i++) {
		members[i] = (struct member){
			.id = recipient_public_id(&entry->members[i].public),
			.public = entry->members[i].public,
			.can = entry->members[i].can,
		};
	}
	qsort(members, ret->member_count, sizeof(*members), member_compare);
	for (size_t i = 1; i < ret->member_count; i++) {
		if (recipient_id_equal(members[i - 1].id, members[i].id))
			return -EBADMSG;
	}
	return membership_has_manager(ret) ? 0 : -EBADMSG;
}

static int take_epochs(const struct entry_epoch *epochs, size_t count, struct membership *ret)
{
	ret->epochs = calloc(count + 1, sizeof(*epochs));
	if (!ret->epochs)
		return -ENOMEM;
	ret->epoch_count = count;
	memcpy(ret->epochs, epochs, count * sizeof(*epochs));
	return 0;
}

int membership_of(const struct entry *entry, struct membership *ret)
{
	CLEANUP_MEMBERSHIP struct membership membership = {0};
	int r;

	if (entry->epoch_count == 0)
		return -EBADMSG;
	r = take_members(entry, &membership);
	if (r == 0)
		r = take_epochs(entry->epochs, entry->epoch_count, &membership);
	if (r < 0)
		return r;
	*ret = membership;
	membership = (struct membership){0};
	return 0;
}

int membership_list(const struct membership *membership, struct entry *entry)
{
	const size_t members = membership->member_count, epochs = membership->epoch_count;

	entry->members = calloc(members + 1, sizeof(entry->members[0]));
	entry->epochs = calloc(epochs + 1, sizeof(entry->epochs[0]));
	if (!entry->members || !entry->epochs)
		return -ENOMEM;
	for (size_t i = 0; i < members; i++)
		entry->members[i] = (struct entry_member){
			.can = membership->members[i].can,
			.public = membership->members[i].public,
		};
	memcpy(entry->epochs, membership->epochs, epochs * sizeof(entry->epochs[0]));
	entry->member_count = members;
	entry->epoch_count = epochs;
	return 0;
}

int membership_copy(const struct membership *membership, struct membership *ret)
{
	CLEANUP_MEMBERSHIP struct membership copy = {0};
	const size_t count = membership->member_count;
	int r;

	copy.members = calloc(count + 1, sizeof(*copy.members));
	if (!copy.members)
		return -ENOMEM;
	memcpy(copy.members, membership->members, count * sizeof(*copy.members));
	copy.member_count = count;
	r = take_epochs(membership->epochs, membership->epoch_count, &copy);
	if (r < 0)
		return r;
	*ret = copy;
	copy = (struct membership){0};
	return 0;
}

/* Every difference that there is between two memberships. */
struct turn {
	bool joins; /* or may do something else than before */
	bool leaves;
	bool begins;
	bool ends;
};

/* What an entry of a type does: all of this, and nothing else. */
static const struct {
	bool known;
	struct turn turn;
} turns[ENTRY_TYPES] = {
	[ENTRY_ADD] = {true, {.joins = true}},
	[ENTRY_REMOVE] = {true, {.leaves = true, .begins = true}},
	[ENTRY_EPOCH] = {true, {.begins = true}},
	[ENTRY_RETIRE] = {true, {.ends = true}},
};

static int compare_members(const struct membership *old, const struct membership *new,
			   struct turn *turn)
{
	for (size_t i = 0; i < new->member_count; i++) {
		const struct member *member = &new->members[i];
		const struct member *former = membership_find(old, member->id);

		if (!former && !recipient_public_is_valid(&member->public))
			return -EBADMSG;
		if (!former || former->can != member->can)
			turn->joins = true;
	}
	for (size_t i = 0; i < old->member_count; i++) {
		if (!membership_find(new, old->members[i].id))
			turn->leaves = true;
	}
	return 0;
}

/* An epoch keeps its key, and one that begins is the next behind the newest, alone. */
static int compare_epochs(const struct membership *old, const struct membership *new,
			  struct turn *turn)
{
	const uint32_t newest = membership_newest(old)->number;

	for (size_t i = 0; i < new->epoch_count; i++) {
		const struct entry_epoch *epoch = &new->epochs[i];
		const struct entry_epoch *former = membership_epoch(old, epoch->number);

		if (former && !digest_equal(&former->commitment, &epoch->commitment))
			return -EBADMSG;
		if (!former && epoch->number != newest + 1)
			return -EBADMSG;
		if (!former)
			turn->begins = true;
	}
	for (size_t i = 0; i < old->epoch_count; i++) {
		if (!membership_epoch(new, old->epochs[i].number))
			turn->ends = true;
	}
	return membership_epoch(new, newest) ? 0 : -EBADMSG;
}

int membership_turn(enum entry_type type, const struct membership *old,
		    const struct membership *new)
{
	const struct turn *due = &turns[type].turn;
	struct turn turn = {0};
	int r;

	if (!turns[type].known)
		return -EBADMSG;
	r = compare_members(old, new, &turn);
	if (r == 0)
		r = compare_epochs(old, new, &turn);
	if (r < 0)
		return r;
	return turn.joins == due->joins && turn.leaves == due->leaves &&
			       turn.begins == due->begins && turn.ends == due->ends
		       ? 0
		       : -EBADMSG;
}

const struct member *membership_find(const struct membership *membership, struct recipient_id id)
{
	const struct member key = {.id = id};

	if (membership->member_count == 0)
		return NULL;
	return bsearch(&key, membership->members, membership->member_count, sizeof(key),
		       member_compare);
}

const struct entry_epoch *membership_epoch(const struct membership *membership, uint32_t number)
{
	for (size_t i = 0; i < membership->epoch_count; i++) {
		if (membership->epochs[i].number == number)
			return &membership->epochs[i];
	}
	return NULL;
}

const struct entry_epoch *membership_newest(const struct membership *membership)
{
	return &membership->epochs[membership->epoch_count - 1];
}

int membership_put(struct membership *membership, const struct recipient_public *public,
		   enum capability can)
{
	const struct recipient_id id = recipient_public_id(public);
	struct member *members;

	if (!recipient_public_is_valid(public))
		return -EINVAL;
	if (membership_find(membership, id))
		(void)!membership_remove(membership, id);
	members = reallocarray(membership->members, membership->member_count + 1, sizeof(*members));
	if (!members)
		return -ENOMEM;
	members[membership->member_count++] =
		(struct member){.id = id, .public = *public, .can = can};
	qsort(members, membership->member_count, sizeof(*members), member_compare);
	membership->members = members;
	return 0;
}

int membership_remove(struct membership *membership, struct recipient_id id)
{
	const struct member *member = membership_find(membership, id);
	size_t index;

	if (!member)
		return -ENOENT;
	index = (size_t)(member - membership->members);
	membership->member_count--;
	memmove(&membership->members[index], &membership->members[index + 1],
		(membership->member_count - index) * sizeof(*member));
	return 0;
}

int membership_begin(struct membership *membership, const struct digest *commitment)
{
	struct entry_epoch *epochs =
		reallocarray(membership->epochs, membership->epoch_count + 1, sizeof(*epochs));

	if (!epochs)
		return -ENOMEM;
	membership->epochs = epochs;
	epochs[membership->epoch_count] = (struct entry_epoch){
		.number = epochs[membership->epoch_count - 1].number + 1,
		.commitment = *commitment,
	};
	membership->epoch_count++;
	return 0;
}

void membership_retire(struct membership *membership)
{
	membership->epochs[0] = *membership_newest(membership);
	membership->epoch_count = 1;
}

bool membership_has_manager(const struct membership *membership)
{
	for (size_t i = 0; i < membership->member_count; i++) {
		if (membership->members[i].can >= CAN_MANAGE)
			return true;
	}
	return false;
}
