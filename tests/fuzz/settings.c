/* The configuration: an operator's, who may err but not crash us, and is told where. */
#include "conf/settings.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "store/source.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct settings *settings)
{
	struct source source;

	FUZZ_CHECK(settings->store_path[0] == '/' && settings->store_pins[0] == '/');
	FUZZ_CHECK(settings->audit_directory[0] == '/' && settings->providers[0] == '/');
	FUZZ_CHECK(source_parse(settings->store_identity, &source) == 0);
	FUZZ_CHECK(settings->history <= 1000 && settings->memory >= 4 << 20);
	FUZZ_CHECK(roles_find(&settings->roles, SCOPE_ORGANISATION, "owner")->permissions &
		   MAY_ROLES);
	(void)settings_name_is_scratch(settings, "api_key~");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	struct conf_error error = {0};
	char path[64];
	int fd, r;

	snprintf(path, sizeof(path), "/dev/shm/credfs-fuzz-%d.conf", (int)getpid());
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
	r = settings_load(path, &settings, &error);
	unlink(path);
	FUZZ_CHECK(r == 0 || (*error.text && strlen(error.file)));
	if (r == 0)
		check(settings);
	return 0;
}
