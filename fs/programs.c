#include "fs/programs.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

/* By the last bits of the number: neighbours do not meet. */
enum { PROGRAMS = 16 };

struct program {
	pid_t pid; /* 0: vacant */
	int fd;
};

struct programs {
	struct program list[PROGRAMS];
};

int programs_new(struct programs **ret)
{
	*ret = calloc(1, sizeof **ret);
	return *ret ? 0 : -ENOMEM;
}

static void drop(struct program *program)
{
	if (program->pid)
		close(program->fd);
	program->pid = 0;
}

struct programs *programs_free(struct programs *programs)
{
	for (size_t i = 0; programs && i < PROGRAMS; i++)
		drop(&programs->list[i]);
	free(programs);
	return NULL;
}

static bool read_name(const struct program *program, char ret[PROGRAM_SIZE])
{
	const ssize_t length = pread(program->fd, ret, PROGRAM_SIZE, 0);

	if (length <= 0)
		return false;
	/* The last byte is a newline, which may stand in the name as well. */
	ret[length - 1] = '\0';
	return true;
}

static bool keep(struct program *program, pid_t pid)
{
	char path[32];
	int fd;

	snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	*program = (struct program){pid, fd};
	return true;
}

void programs_get(struct programs *programs, pid_t pid, char ret[PROGRAM_SIZE])
{
	struct program *program = &programs->list[(unsigned)pid % PROGRAMS];

	*ret = '\0';
	if (pid <= 0 || (program->pid == pid && read_name(program, ret)))
		return;
	drop(program);
	if (keep(program, pid) && !read_name(program, ret))
		drop(program);
}
