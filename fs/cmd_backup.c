#include <argp.h>
#include <string.h>

#include "fs/command.h"
#include "fs/progress.h"
#include "fs/trouble.h"
#include "store/backup.h"

static error_t parse(int key, char *argument, struct argp_state *state)
{
	return command_argument(key, argument, state, state->input);
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "FILE",
	.doc = "Copy the store to FILE, as it is at this moment, also while it is mounted and "
	       "written to. FILE must not exist.\v"
	       "The copy is sealed and signed like the store. It holds neither the identity, "
	       "without which (or without the recovery phrase) nobody opens it, nor the list of "
	       "organisations that lies beside the identity: keep these apart from it. It does "
	       "hold what is deleted later. credfs restore FILE puts it back.",
};

static enum exit_code say(const char *file, int error)
{
	if (error == -EEXIST)
		return command_fail(EXIT_EXISTS, "%s exists already: nothing was changed", file);
	if (error == -ECANCELED)
		return command_fail(EXIT_OTHER, "interrupted: %s was not written", file);
	return command_fail(EXIT_OTHER, "cannot write %s: %s", file, strerror(-error));
}

enum exit_code cmd_backup(const char *configuration, int count, char **arguments)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	CLEANUP(backup_closep) struct backup *backup = NULL;
	CLEANUP_PROGRESS struct progress progress;
	const char *file = NULL;
	enum exit_code code;
	int r;

	progress_init(&progress, "copying");
	code = command_parse(&argp, 0, count, arguments, &file);
	if (code == EXIT_DONE)
		code = command_settings(configuration, &settings);
	if (code != EXIT_DONE)
		return code;
	r = backup_open(settings->store_path, &backup);
	if (r < 0)
		return trouble_say(TROUBLE_STORE, settings->store_path, r);
	r = backup_write(backup, file, progress_tell, &progress);
	return r < 0 ? say(file, r) : EXIT_DONE;
}
