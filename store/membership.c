#include "store/membership.h"

void membership_done(struct membership *membership)
{
	free(membership->members);
	*membership = (struct membership){0};
}

int membership_of(const struct entry *entry, struct membership *ret)
{
	struct member *members = calloc(entry->member_count + 1, sizeof(*members));

	if (!members)
		return -ENOMEM;
	for (size_t i = 0; i < entry->member_count; i++) {
		members[i] = (struct member){
			.id = recipient_public_id(&entry->members[i].public),
			.public = entry->members[i].public,
			.can = entry->members[i].can,
		};
	}
	*ret = (struct membership){
		.members = members,
		.member_count = entry->member_count,
		.epoch = entry->epoch,
		.commitment = entry->commitment,
		.wrapset = entry->wrapset,
	};
	return 0;
}

const struct member *membership_find(const struct membership *membership, struct recipient_id id)
{
	for (size_t i = 0; i < membership->member_count; i++) {
		if (recipient_id_equal(membership->members[i].id, id))
			return &membership->members[i];
	}
	return NULL;
}
