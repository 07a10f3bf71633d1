/*
 * Events: what a worker tells its successor of the state that only memory holds. Each says how one
 * thing is now, whole, so that the last one of a thing counts; values in them are sealed. Plain
 * numbers of fixed size, followed by a tail whose length the event says or that reaches to its end;
 * SHARED_LAYOUT rises when one changes. Pure.
 */
#pragma once

#include "fs/inodes.h"
#include "fs/programs.h"

enum event_kind {
	EVENT_INODE = 1,
	EVENT_HANDLE,	     /* tail: the groups of its opener, gid_t */
	EVENT_HANDLE_BYTES,  /* tail: sealed */
	EVENT_HANDLE_GONE,   /* struct event_number */
	EVENT_SCRATCH,	     /* tail: its name */
	EVENT_SCRATCH_BYTES, /* tail: sealed */
	EVENT_SCRATCH_GONE,  /* struct event_id */
	EVENT_PENDINGS,	     /* struct event_number: so many follow, and there are no others */
	EVENT_PENDING,	     /* tail: its name */
	EVENT_TOMBSTONE,
	EVENT_VACANCY,
	EVENT_ORG,
	EVENT_FORGET, /* tail: the name */
	EVENT_INTENT,
	EVENT_ANSWER, /* tail: the answer */
	EVENT_KINDS,
};

/* Whether it is of a size that its kind can have. */
bool event_is_whole(unsigned kind, const void *bytes, size_t size);

struct event_node {
	uint64_t kind;
	uint64_t pin;
	struct record_id id;
	uint64_t number;
};

struct event_node event_node_of(const struct node *node);
/* -EBADMSG for a kind that there is not. */
int event_node_get(const struct event_node *event, struct node *ret) MUST_CHECK;

struct event_inode {
	uint64_t number;
	uint64_t lookups; /* 0: forgotten */
	struct event_node node;
};

enum event_handle_flag {
	EVENT_WRITES = 1 << 0,
	EVENT_DIRECTORY = 1 << 1,
	EVENT_APPEND = 1 << 2,
	EVENT_WRITTEN = 1 << 3,
	EVENT_TRUNCATED = 1 << 4,
	EVENT_FAILED = 1 << 5,
	EVENT_GROUPS_KNOWN = 1 << 6,
	EVENT_EXCLUSIVE = 1 << 7,
	EVENT_REPLACES = 1 << 8,
	EVENT_TOUCHES = 1 << 9,
	EVENT_READS = 1 << 10,
};

struct event_handle {
	uint64_t number;
	uint64_t inode;
	struct event_node node;
	struct event_node via; /* as the audit log names the opener */
	struct event_node via_before;
	char program[PROGRAM_SIZE];
	uint32_t uid;
	uint32_t gid;
	uint32_t pid;
	uint32_t flags;
	uint64_t groups;
	uint64_t access_generation;
	uint64_t version;
	uint64_t recorded; /* the version that the audit log says its opener had last */
	int32_t missing;   /* the draft's errors */
	int32_t refused;
	int32_t emptied;
	uint32_t scratch; /* it has a scratch file open: that of its node */
	uint64_t owner;
	uint64_t published;
	uint64_t poll; /* what the kernel calls who waits for a change, 0: nobody */
};

/* The bytes from `offset` on, of `size` in all. */
struct event_handle_bytes {
	uint64_t number;
	uint64_t offset;
	uint64_t size;
};

struct event_scratch {
	struct event_node node;
	struct event_node directory;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	uint32_t removed;
	uint64_t changed;
	uint64_t closed;
};

struct event_scratch_bytes {
	struct record_id id;
	uint64_t offset;
	uint64_t size;
};

struct event_number {
	uint64_t number;
};

struct event_id {
	struct record_id id;
};

struct event_pending {
	uint64_t pin;
	struct record_id id;
	struct record_id parent;
	struct record_id target;
	uint64_t maker;
	uint64_t made;
};

struct event_tombstone {
	uint64_t place;
	uint64_t pin;
	struct record_id field;
	uint64_t uid;
	uint64_t version;
	uint64_t size;
	uint64_t updated;
	uint64_t removed; /* 0: taken */
};

struct event_vacancy {
	uint64_t place;
	struct event_node account;
	uint32_t uid;
	uint32_t pid;
	uint64_t since; /* 0: none */
	uint64_t taken;
	char provider[64];
};

struct event_org {
	uint64_t pin;
	uint64_t access_generation;
	uint64_t access_changed;
	uint64_t remover;
	uint64_t removed;
};

struct event_forget {
	uint64_t directory;
};

/* The request is about to change the store, whose organisation was at this generation, by an entry
 * of this time. Others, that are to change it together with this one, may follow. */
struct event_intent {
	uint64_t unique;
	uint64_t pin;
	uint64_t generation;
	uint64_t time; /* 0: it is not, after all */
};

struct event_answer {
	uint64_t unique;
};
