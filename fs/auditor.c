#include "fs/auditor.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "fs/log.h"
#include "fs/quota.h"
#include "fs/users.h"
#include "store/clock.h"

/* One user may fill this part of a log. */
enum { USERS_SHARE = 4 };

/* The log of one organisation. */
struct log {
	struct audit *audit; /* NULL: not opened yet */
	int trouble;	     /* -errno of the last attempt to write; 0: it went well */
	uint64_t lost;	     /* lines that were not written since the last that was */
	uint64_t lost_ever;
	struct quotas quotas;
	uint64_t bytes; /* that it took when it was last written */
};

struct auditor {
	const struct settings *settings;
	char host[HOST_NAME_MAX + 1];
	struct programs *programs;
	struct users *users;
	struct log *logs; /* by pin */
	size_t count;
	void (*wake)(void *context);
	void *context;
};

int auditor_new(const struct settings *settings, struct auditor **ret)
{
	CLEANUP(auditor_freep) struct auditor *auditor = calloc(1, sizeof *auditor);
	int r;

	if (!auditor)
		return -ENOMEM;
	auditor->settings = settings;
	if (gethostname(auditor->host, sizeof auditor->host - 1) < 0)
		return -errno;
	r = programs_new(&auditor->programs);
	if (r == 0)
		r = users_new(&auditor->users);
	if (r == 0)
		*ret = TAKE_PTR(auditor);
	return r;
}

struct auditor *auditor_free(struct auditor *auditor)
{
	if (!auditor)
		return NULL;
	for (size_t i = 0; i < auditor->count; i++) {
		audit_close(auditor->logs[i].audit);
		quotas_done(&auditor->logs[i].quotas);
	}
	free(auditor->logs);
	programs_free(auditor->programs);
	users_free(auditor->users);
	free(auditor);
	return NULL;
}

void auditor_on_write(struct auditor *auditor, void (*wake)(void *context), void *context)
{
	auditor->wake = wake;
	auditor->context = context;
}

void auditor_program(struct auditor *auditor, pid_t pid, char ret[PROGRAM_SIZE])
{
	programs_get(auditor->programs, pid, ret);
}

/* The log with this pin; NULL without memory. */
static struct log *log_of(struct auditor *auditor, size_t pin)
{
	const size_t count = pin + 1;
	struct log *logs;

	if (pin < auditor->count)
		return &auditor->logs[pin];
	logs = reallocarray(auditor->logs, count, sizeof *logs);
	if (!logs)
		return NULL;
	memset(logs + auditor->count, 0, (count - auditor->count) * sizeof *logs);
	auditor->logs = logs;
	auditor->count = count;
	return &logs[pin];
}

static int append(struct auditor *auditor, struct log *log, const struct org *org,
		  struct audit_event *event)
{
	char line[AUDIT_LINE_MAX];
	struct audit_entry entry = {.line = line,
				    .sync = auditor->settings->audit_mode == AUDIT_SYNC};
	int r;

	event->time = clock_now();
	event->host = auditor->host;
	entry.time = event->time;
	r = audit_line_make(event, line, &entry.size);
	return r < 0 ? r : audit_append(log->audit, org, &entry);
}

/* What the daemon itself has to say. */
static int append_own(struct auditor *auditor, struct log *log, const struct org *org,
		      enum audit_operation operation, uint64_t count)
{
	struct audit_event event = {
		.user = "root",
		.pid = getpid(),
		.program = "credfs",
		.operation = operation,
		.count = count,
	};

	return append(auditor, log, org, &event);
}

static void log_torn(struct auditor *auditor, struct log *log, const struct org *org)
{
	const uint64_t torn = audit_torn(log->audit);

	if (!torn)
		return;
	log_line(LOG_WARNING,
		 "audit log of %02x%02x%02x%02x: %" PRIu64 " bytes of an unfinished "
		 "record were found at its end",
		 org_id(org).bytes[0], org_id(org).bytes[1], org_id(org).bytes[2],
		 org_id(org).bytes[3], torn);
	(void)!append_own(auditor, log, org, AUDIT_TORN, torn);
}

static int open_log(struct auditor *auditor, struct log *log, const struct org *org)
{
	const struct settings *settings = auditor->settings;
	int r;

	if (log->audit)
		return 0;
	r = audit_open(settings->audit_directory, settings->audit_spool, org, &log->audit);
	if (r == 0)
		log_torn(auditor, log, org);
	return r;
}

/* What it means that the log could be written, or not: told once each time that this changes. */
static int settle(const struct auditor *auditor, struct log *log, const struct org *org, int error)
{
	const bool required = auditor->settings->audit_mode != AUDIT_BEST_EFFORT;
	const struct org_id id = org_id(org);

	if (error != log->trouble && error)
		log_line(LOG_ERR, "audit log of %02x%02x%02x%02x cannot be written, %s: %s",
			 id.bytes[0], id.bytes[1], id.bytes[2], id.bytes[3],
			 required ? "values are not given out" : "what is not written is counted",
			 error == -EDQUOT ? "[audit] spool is used up, archive it"
					  : strerror(-error));
	else if (error != log->trouble)
		log_line(LOG_NOTICE, "audit log of %02x%02x%02x%02x is written again", id.bytes[0],
			 id.bytes[1], id.bytes[2], id.bytes[3]);
	log->trouble = error;
	return error && required ? -EIO : 0;
}

/* Whether somebody who reads, or is refused, has filled more than his share. What was changed is
 * told in any case. */
static bool is_too_much(struct log *log, const struct audit_event *event)
{
	/* Segments were moved away. */
	if (audit_bytes(log->audit) < log->bytes)
		quotas_reset(&log->quotas);
	log->bytes = audit_bytes(log->audit);
	return (event->operation == AUDIT_READ || event->result) &&
	       quotas_is_full(&log->quotas, event->uid);
}

static void count(struct auditor *auditor, struct log *log, uid_t uid)
{
	const uint64_t bytes = audit_bytes(log->audit);

	log->quotas.share = auditor->settings->audit_spool / USERS_SHARE;
	if (quotas_is_full(&log->quotas, uid))
		return;
	quotas_add(&log->quotas, uid, bytes - log->bytes);
	log->bytes = bytes;
	if (quotas_is_full(&log->quotas, uid))
		log_line(LOG_WARNING,
			 "uid %u has filled a quarter of an audit log, and reads no "
			 "more until it is archived",
			 (unsigned)uid);
}

static int write_event(struct auditor *auditor, struct log *log, const struct org *org,
		       struct audit_event *event)
{
	int r = open_log(auditor, log, org);

	if (r == 0 && is_too_much(log, event))
		return -EUSERS;

	if (r == 0 && log->lost) {
		r = append_own(auditor, log, org, AUDIT_LOST, log->lost);
		if (r == 0)
			log->lost = 0;
	}
	if (r == 0)
		r = append(auditor, log, org, event);
	if (r == 0)
		count(auditor, log, event->uid);
	return r;
}

/* A line that is not there, while what it is about has happened. That the log cannot be written is
 * an I/O error, and tells of itself. */
static bool is_lost(const struct auditor *auditor, const struct audit_event *event)
{
	return auditor->settings->audit_mode == AUDIT_BEST_EFFORT ||
	       (event->result && event->result != -EIO);
}

int auditor_write(struct auditor *auditor, size_t pin, const struct org *org,
		  struct audit_event *event)
{
	struct log *log = log_of(auditor, pin);
	int r;

	if (!log)
		return -EIO;
	event->user = users_name(auditor->users, event->uid, clock_now());
	r = write_event(auditor, log, org, event);
	if (r < 0 && is_lost(auditor, event)) {
		log->lost++;
		log->lost_ever++;
	}
	if (r == 0 && auditor->wake)
		auditor->wake(auditor->context);
	/* The log can be written, but not by him. */
	if (r == -EUSERS)
		return auditor->settings->audit_mode == AUDIT_BEST_EFFORT ? 0 : -EIO;
	return settle(auditor, log, org, r);
}

int auditor_ready(struct auditor *auditor, size_t pin, const struct org *org, size_t events)
{
	struct log *log = log_of(auditor, pin);
	int r;

	if (!log)
		return -EIO;
	if (auditor->settings->audit_mode == AUDIT_BEST_EFFORT)
		return 0;
	r = open_log(auditor, log, org);
	if (r == 0)
		r = audit_reserve(log->audit, org, events);
	return settle(auditor, log, org, r);
}

int auditor_log(struct auditor *auditor, size_t pin, const struct org *org, struct audit **ret)
{
	struct log *log = log_of(auditor, pin);
	int r = log ? open_log(auditor, log, org) : -ENOMEM;

	if (r < 0)
		return -EIO;
	*ret = log->audit;
	return 0;
}

bool auditor_unsigned(const struct auditor *auditor, size_t *pin, struct audit_record *ret,
		      const struct recipient **ret_signer)
{
	for (; *pin < auditor->count; ++*pin) {
		const struct audit *audit = auditor->logs[*pin].audit;

		if (audit && audit_unsigned(audit, ret, ret_signer))
			return true;
	}
	return false;
}

void auditor_put_head(struct auditor *auditor, size_t pin, const struct audit_record *record,
		      const uint8_t head[AUDIT_HEAD_SIZE])
{
	/* A later head vouches for this record as well. */
	(void)!audit_put_head(auditor->logs[pin].audit, record, head);
}

void auditor_sign(struct auditor *auditor)
{
	const struct recipient *signer = NULL;
	struct audit_record record;

	for (size_t pin = 0; auditor_unsigned(auditor, &pin, &record, &signer); pin++) {
		uint8_t head[AUDIT_HEAD_SIZE];

		audit_head_sign(&record, signer, head);
		auditor_put_head(auditor, pin, &record, head);
	}
}

const char *auditor_trouble(const struct auditor *auditor, size_t pin)
{
	const int trouble = pin < auditor->count ? auditor->logs[pin].trouble : 0;

	if (trouble == -EDQUOT)
		return "its room ([audit] spool) is used up, archive it";
	return trouble ? strerror(-trouble) : NULL;
}

void auditor_describe(const struct auditor *auditor, size_t pin, const char *name, FILE *file)
{
	const char *trouble = auditor_trouble(auditor, pin);
	const struct log *log = pin < auditor->count ? &auditor->logs[pin] : NULL;

	if (!log || (!log->audit && !trouble))
		return;
	if (trouble)
		fprintf(file, "audit: %s state=\"cannot be written: %s\"", name, trouble);
	else
		fprintf(file, "audit: %s state=written", name);
	if (log->audit)
		fprintf(file, " records=%" PRIu64 " bytes=%" PRIu64, audit_last(log->audit),
			audit_bytes(log->audit));
	fprintf(file, " lost=%" PRIu64 "\n", log->lost_ever);
}
