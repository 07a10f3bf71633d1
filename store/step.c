#include "store/step.h"

void step_done(struct step *step)
{
	entry_done(&step->entry);
	membership_done(&step->membership);
	step->abandoned = abandoned_free(step->abandoned);
}

bool step_is_membership(const struct step *step)
{
	return step->entry.type != ENTRY_CHANGE && step->entry.type != ENTRY_RECOVER;
}

int step_prepare(struct step *step)
{
	const struct entry *entry = &step->entry;

	if (step_is_membership(step))
		return membership_of(entry, &step->membership);
	if (entry->type == ENTRY_RECOVER)
		return abandoned_new(entry->generation, &entry->abandoned, &step->abandoned);
	return 0;
}

int step_read(const uint8_t *bytes, size_t size, struct step *ret)
{
	CLEANUP_STEP struct step step = {.digest = entry_digest(bytes, size)};
	int r;

	r = entry_decode(bytes, size, &step.entry);
	if (r == 0)
		r = step_prepare(&step);
	if (r < 0)
		return r;
	*ret = step;
	step = (struct step){0};
	return 0;
}
