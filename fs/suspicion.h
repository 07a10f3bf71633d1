/*
 * Suspicion that a request kills the workers that handle it. One that ends by itself in a request's
 * hands speaks against that request; one that was killed from outside speaks for little, since that
 * may be anybody's doing: only that it comes about again and again in the same request. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct suspicion {
	uint64_t request; /* in whose hands the last worker ended; 0: none */
	unsigned weight;
};

/* A worker has ended while it was handling a request (0: none). True once it is proven: three ended
 * by themselves, or twelve in any way. */
bool suspicion_note(struct suspicion *suspicion, uint64_t request, bool by_itself);
