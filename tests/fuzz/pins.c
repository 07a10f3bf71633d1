/* The host's list of organisations: the file as it is, and its content sealed as it must be. */
#include "store/pins.h"

#include <fcntl.h>
#include <stdio.h>

#include "store/hostfile.h"
#include "tests/fuzz/fuzz.h"

static const char heading[] = "credfs pins 2\n";

static void try_file(const char *path, const struct recipient *host, const uint8_t *bytes,
		     size_t size)
{
	CLEANUP(pins_closep) struct pins *pins = NULL;
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	FUZZ_CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	if (pins_open(path, host, &pins) < 0)
		return;
	for (size_t i = 0; i < pins_count(pins); i++)
		FUZZ_CHECK(strlen(pins_get(pins, i)->name) <= 255);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(recipient_freep) struct recipient *host = fuzz_recipient(1);
	CLEANUP_FREE uint8_t *sealed = NULL;
	size_t sealed_size = 0;
	char path[64];

	snprintf(path, sizeof(path), "/dev/shm/credfs-fuzz-%d", (int)getpid());
	try_file(path, host, bytes, size);
	FUZZ_CHECK(hostfile_seal(host, heading, bytes, size, &sealed, &sealed_size) == 0);
	try_file(path, host, sealed, sealed_size);
	unlink(path);
	return 0;
}
