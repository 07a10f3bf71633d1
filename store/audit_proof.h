/*
 * Proving an audit log: that its chain is whole, its records open, and up to which record this
 * host's signature vouches for all of it. Reads the files and nothing else, also while the log is
 * being written. Any thread.
 */
#pragma once

#include "store/audit_frame.h"

enum audit_fault {
	AUDIT_FAULT_HEADER,    /* a segment's header is damaged, or another log's */
	AUDIT_FAULT_KEY,       /* a segment's key does not open */
	AUDIT_FAULT_MISSING,   /* records are missing before this one */
	AUDIT_FAULT_CHAIN,     /* a record or segment does not follow on the one before it */
	AUDIT_FAULT_ALTERED,   /* a record's hash is not that of its bytes */
	AUDIT_FAULT_SEALED,    /* a record's line does not open, or stands elsewhere in the text */
	AUDIT_FAULT_BYTES,     /* bytes between two records are none */
	AUDIT_FAULT_SIGNATURE, /* a head is not this host's, or of another chain */
	AUDIT_FAULTS,
};

/* Called for each fault, with the number of the record it was found at. */
typedef void audit_fault_fn(void *context, enum audit_fault fault, uint64_t seq);

struct audit_proof {
	uint64_t first;	  /* number of the first record that is there; 0: there is none */
	uint64_t last;	  /* and of the last one */
	uint64_t records; /* that are there */
	uint64_t faults;
	uint64_t proven;      /* number of the last record that a signature vouches for, with no
			       * fault before it; 0: none */
	uint64_t proven_time; /* that record's, ns since 1970 */
	uint64_t torn;	      /* bytes of an unfinished record at the end */
};

struct audit_proving {
	int directory;
	struct org_id org;
	const struct recipient *host;
};

/* 0 also when there are faults; -ENOMEM and errors of the files otherwise. */
int audit_prove(const struct audit_proving *proving, audit_fault_fn *found, void *context,
		struct audit_proof *ret) MUST_CHECK;
