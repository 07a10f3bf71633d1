#include "conf/printer.h"

#include <string.h>

enum { ROOM_MIN = 256 };

void printer_done(struct printer *printer)
{
	if (printer->file)
		fclose(printer->file);
	free(printer->bytes);
	*printer = (struct printer){0};
}

/* Room for `size` bytes and a NUL behind what there is. */
static int reserve(struct printer *printer, size_t size)
{
	size_t room = printer->room ? printer->room : ROOM_MIN;
	char *bytes;

	while (room - printer->size <= size)
		room *= 2;
	if (room == printer->room)
		return 0;
	bytes = realloc(printer->bytes, room);
	if (!bytes)
		return -ENOMEM;
	printer->bytes = bytes;
	printer->room = room;
	return 0;
}

/* Behind a part that is missing nothing is printed either. */
static ssize_t put(void *context, const char *bytes, size_t size)
{
	struct printer *printer = context;

	if (printer->failed || reserve(printer, size) < 0) {
		printer->failed = true;
		errno = ENOMEM;
		return 0;
	}
	memcpy(printer->bytes + printer->size, bytes, size);
	printer->size += size;
	return (ssize_t)size;
}

int printer_begin(struct printer *printer)
{
	static const cookie_io_functions_t functions = {.write = put};

	*printer = (struct printer){.file = fopencookie(printer, "w", functions)};
	return printer->file ? 0 : -ENOMEM;
}

int printer_end(struct printer *printer, char **ret, size_t *ret_size)
{
	const bool failed = ferror(printer->file);
	const bool unfinished = fclose(TAKE_PTR(printer->file)) != 0;

	if (failed || unfinished || printer->failed || reserve(printer, 0) < 0) {
		printer_done(printer);
		return -ENOMEM;
	}
	printer->bytes[printer->size] = '\0';
	if (ret_size)
		*ret_size = printer->size;
	*ret = TAKE_PTR(printer->bytes);
	*printer = (struct printer){0};
	return 0;
}
