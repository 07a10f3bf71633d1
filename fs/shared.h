/*
 * What outlives a worker: one piece of memory that the supervisor keeps and each worker maps. This
 * is its first page, plain numbers that either side may read at any moment; what follows it is the
 * journal's (journal.h). A worker may die at any instruction, so that each number is published by
 * one store. Its size is sealed, and the supervisor believes nothing of it that could do harm: it
 * is written by a process that is less trusted.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "store/cleanup.h"

enum {
	SHARED_LAYOUT = 4,
	SHARED_MESSAGE_MAX = 512,
	SHARED_PAGE = 4096,
	SHARED_CAUSE_MAX = 80,
};

/* A message to or from the kernel. */
struct shared_message {
	_Atomic uint32_t size; /* 0: not known yet; stored after the bytes */
	_Alignas(uint64_t) uint8_t bytes[SHARED_MESSAGE_MAX]; /* read as the kernel's structures */
};

struct shared {
	uint64_t layout;
	struct shared_message init;   /* the kernel's first request */
	struct shared_message answer; /* to it; the same for every worker */
	_Atomic uint32_t answered;    /* the kernel has it */
	uint64_t place;		      /* node_number() of where it is mounted */
	/* for who looks: */
	_Atomic uint32_t generation; /* how many workers there were */
	_Atomic uint32_t deaths;     /* of which so many died */
	char cause[SHARED_CAUSE_MAX];
	_Atomic uint32_t resends; /* the kernel sends requests again: a worker can be replaced */
	/* what the worker is doing */
	_Atomic uint64_t handling; /* number of the request that it is answering, 0: none */
	_Atomic uint64_t since;	   /* when it began to, ns monotonic */
	_Atomic uint32_t begun;	   /* the generation of the last that began to serve */
	/* the request that is answered with an error, because workers died of it; 0: none */
	_Atomic uint64_t poison;
	/* which half of the journal is in force, and how far it goes; see journal.c */
	_Atomic uint64_t journal;
};
_Static_assert(sizeof(struct shared) <= SHARED_PAGE, "one page");

/* Bytes of each half of the journal: address space only, memory is what was written. */
static const size_t shared_half = (size_t)1 << 30;

/* A new one, the descriptor the caller's to close. */
int shared_new(int *ret_descriptor) MUST_CHECK;

/* Only the page, or all. -EPROTO when it is of another layout. */
int shared_map(int descriptor, size_t size, struct shared **ret) MUST_CHECK;
size_t shared_size(void);
void shared_unmap(struct shared *shared, size_t size);
