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

bool vias_take(struct vias *vias, pid_t pid, struct record_id account, uint64_t now,
	       struct node *ret)
{
	struct via *via = place(vias, pid);
	const struct via found = *via;

	if (!pid || found.pid != pid)
		return false;
	*via = (struct via){0};
	if (!record_id_equal(found.account, account) || now - found.time > fresh_ns)
		return false;
	*ret = found.link;
	return true;
}
