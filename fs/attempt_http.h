/*
 * Attempts over HTTP: one request as a trial of the catalogue says, over TLS whose certificate is
 * verified, or without it to this host alone. Redirections are not followed: the credential goes
 * nowhere else. What is answered is not kept. The door to libcurl. One thread.
 */
#pragma once

#include "fs/attempt.h"
#include "fs/subject.h"

struct attempt_limits {
	long milliseconds;     /* for all of it */
	const char *authority; /* file of certificates; NULL: the system's */
};

/* Tries; -errno when it could not even begin, -ENOENT when a field is not set. */
int attempt_http(const struct trial *trial, struct subject *subject,
		 const struct attempt_limits *limits, struct attempt *ret) MUST_CHECK;
