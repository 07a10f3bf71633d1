#include "fs/suspicion.h"

enum { BY_ITSELF = 4, KILLED = 1, PROVEN = 12 };

bool suspicion_note(struct suspicion *suspicion, uint64_t request, bool by_itself)
{
	if (request != suspicion->request)
		*suspicion = (struct suspicion){.request = request};
	if (request)
		suspicion->weight += by_itself ? BY_ITSELF : KILLED;
	return suspicion->weight >= PROVEN;
}
