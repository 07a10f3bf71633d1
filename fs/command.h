/*
 * Commands: one table in main.c, one file each (cmd_*.c). A command says on stderr what went wrong,
 * where, and what to do, and returns the exit code.
 */
#pragma once

#include <argp.h>

#include "conf/settings.h"
#include "fs/exit.h"
#include "fs/owner.h"

struct command {
	const char *name;
	const char *summary; /* NULL: not for users, nor shown to them */
	/* `arguments[0]` is the command's name; `configuration` the file named with -c, or NULL. */
	enum exit_code (*run)(const char *configuration, int count, char **arguments);
};

enum exit_code cmd_init(const char *configuration, int count, char **arguments);
enum exit_code cmd_mount(const char *configuration, int count, char **arguments);
enum exit_code cmd_status(const char *configuration, int count, char **arguments);
enum exit_code cmd_backup(const char *configuration, int count, char **arguments);
enum exit_code cmd_worker(const char *configuration, int count, char **arguments);
enum exit_code cmd_check(const char *configuration, int count, char **arguments);
enum exit_code cmd_restore(const char *configuration, int count, char **arguments);
enum exit_code cmd_audit(const char *configuration, int count, char **arguments);
enum exit_code cmd_key(const char *configuration, int count, char **arguments);
enum exit_code cmd_list(const char *configuration, int count, char **arguments);
enum exit_code cmd_exec(const char *configuration, int count, char **arguments);
enum exit_code cmd_test(const char *configuration, int count, char **arguments);
enum exit_code cmd_rm(const char *configuration, int count, char **arguments);

/* What the program is under the name mount.credfs. */
enum exit_code mount_helper(int count, char **arguments);

/* Print `credfs: ...` on stderr and return `code`. */
enum exit_code command_fail(enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Parse as argp_parse(3) does, which ends the program when it was called wrongly. What is left to
 * go wrong is told: EXIT_DONE or EXIT_OTHER. */
enum exit_code command_parse(const struct argp *argp, unsigned flags, int count, char **arguments,
			     void *input) MUST_CHECK;

/* For parsers of commands that take one argument: the key, unless it is theirs, and where to put
 * the argument. Without `optional` it has to be there. */
error_t command_argument(int key, char *argument, struct argp_state *state, const char **ret);
error_t command_argument_optional(int key, char *argument, struct argp_state *state,
				  const char **ret);

/* Load the settings, saying what is wrong with them: EXIT_DONE or EXIT_CONFIGURATION. */
enum exit_code command_settings(const char *configuration, struct settings **ret) MUST_CHECK;

/* Who the daemon works as, saying what is wrong with him: EXIT_DONE or EXIT_CONFIGURATION. */
enum exit_code command_owner(const struct settings *settings, struct owner *ret) MUST_CHECK;

/* For commands that need no settings: only say what is wrong with a file that was named. */
enum exit_code command_named_settings(const char *configuration) MUST_CHECK;
