/*
 * The auditor: the audit logs of all organisations, opened when first needed, and the rule of what
 * happens when one cannot be written ([audit] mode). One thread at a time.
 */
#pragma once

#include <stdio.h>

#include "conf/settings.h"
#include "fs/audit_line.h"
#include "fs/programs.h"

struct auditor;

/* `settings` outlive it. -ENOMEM. */
int auditor_new(const struct settings *settings, struct auditor **ret) MUST_CHECK;
struct auditor *auditor_free(struct auditor *auditor);
DEFINE_CLEANUP(struct auditor, auditor_free);

/* Have `wake` called when something was written that is to be signed. */
void auditor_on_write(struct auditor *auditor, void (*wake)(void *context), void *context);

/* What a process' program is called; see programs.h. */
void auditor_program(struct auditor *auditor, pid_t pid, char ret[PROGRAM_SIZE]);

/* Write an event of the organisation with this pin; time, host and user are filled in here. -EIO
 * when it could not be written and may not be lost: then what it is about must not happen. */
int auditor_write(struct auditor *auditor, size_t pin, const struct org *org,
		  struct audit_event *event) MUST_CHECK;

/* Make sure that the next events can be written, AUDIT_LINES_MAX at most: before changes, which
 * cannot be taken back. -EIO as above. */
int auditor_ready(struct auditor *auditor, size_t pin, const struct org *org,
		  size_t events) MUST_CHECK;

/* The log of an organisation, to be read; borrowed. -EIO when it cannot be opened. */
int auditor_log(struct auditor *auditor, size_t pin, const struct org *org,
		struct audit **ret) MUST_CHECK;

/* The next organisation, from *pin on, whose newest record is not signed; false: none. */
bool auditor_unsigned(const struct auditor *auditor, size_t *pin, struct audit_record *ret,
		      const struct recipient **ret_signer);
void auditor_put_head(struct auditor *auditor, size_t pin, const struct audit_record *record,
		      const uint8_t head[AUDIT_HEAD_SIZE]);

/* Sign all that is not signed, at the end. */
void auditor_sign(struct auditor *auditor);

/* Why the log cannot be written, a static sentence; NULL: it can, as far as is known. */
const char *auditor_trouble(const struct auditor *auditor, size_t pin);

/* The line `audit: NAME ...` of /.status, of a log that is open or should be. */
void auditor_describe(const struct auditor *auditor, size_t pin, const char *name, FILE *file);
