/*
 * The daemon's log: stderr in the foreground, syslog (facility daemon) in the background. It names
 * things by inode number and fingerprint, never by name, and never a value: logs travel further
 * than the tree. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <syslog.h>

/* Send what follows to syslog instead of stderr, and let go of the terminal: the standard
 * descriptors lead nowhere from now on. */
void log_detach(void);

/* `level` is one of syslog's: LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO. */
void log_line(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));
