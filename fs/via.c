#include "fs/via.h"

/* Between the two lies nothing but the rest of one walk. */
static const uint64_t fresh_ns = UINT64_C(1000000000);

static struct via *place(struct vias *vias, pid_t pid)
{
	return &vias->list[(unsigned)pid % VIAS];
}

void vias_put(struct vias *vias, const struct via *via)
{
	*place(vias, via->pid) = *via;
}

bool vias_look(struct vias *vias, pid_t pid, struct record_id account, uint64_t now,
	       struct way *ret)
{
	const struct via *via = place(vias, pid);

	if (!pid || via->pid != pid || !record_id_equal(via->account, account) ||
	    now - via->time > fresh_ns)
		return false;
	*ret = via->way;
	return true;
}

bool vias_take(struct vias *vias, pid_t pid, struct record_id account, uint64_t now,
	       struct way *ret)
{
	const bool found = vias_look(vias, pid, account, now, ret);
	struct via *via = place(vias, pid);

	if (pid && via->pid == pid)
		*via = (struct via){0};
	return found;
}
