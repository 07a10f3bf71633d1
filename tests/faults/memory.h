/*
 * Which allocations fail, shared by memory.c and whoever makes them fail: a process that maps the
 * same file, or the program into which memory.c is linked.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

struct fault_memory {
	uint32_t at;	/* the first allocation is 1; 0: none fails */
	uint32_t width; /* how many fail */
	_Atomic uint32_t count;
	_Atomic uint32_t fired;
};

/* NULL: none is counted, and none fails. */
extern struct fault_memory *fault_memory;
