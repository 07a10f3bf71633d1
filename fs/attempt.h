/*
 * An attempt to use a credential, and what came of it. Used by credfs-test alone, a program of its
 * own beside the daemon and the commands, which have no network libraries. Plain values.
 */
#pragma once

#include "conf/trial.h"

struct attempt {
	enum trial_verdict verdict;
	long status;	  /* of an HTTP answer; 0: none */
	char where[256];  /* the host that was asked; "": nobody was */
	char detail[256]; /* one sentence, never a value; "": nothing to add */
};

/* Set the verdict and the sentence; control characters in it become blanks. */
void attempt_end(struct attempt *attempt, enum trial_verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "accepted", "rejected", "unreachable", "untried". */
const char *attempt_verdict_name(enum trial_verdict verdict);
