/*
 * The yardstick: the least a FUSE server can be. It holds ACCOUNTS directories of FIELDS small
 * files below orgs/acme, all in memory, and serves them with one thread, long timeouts and direct
 * I/O, and no flush for handles that read; no keys, no roles, no log. What a real one is slower by
 * is what its own work costs.
 *
 *   server DIR ACCOUNTS FIELDS      in the foreground, until it is unmounted
 */
#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 51 };
enum { ROOT = FUSE_ROOT_ID, ORGS, ACME, FIRST_ACCOUNT };
static const double long_time = 3600;

struct server {
	unsigned long accounts, fields;
	char (*values)[SIZE];
};

static struct server *server_of(fuse_req_t request)
{
	return fuse_req_userdata(request);
}

static fuse_ino_t first_field(const struct server *server)
{
	return FIRST_ACCOUNT + server->accounts;
}

static struct stat attributes(const struct server *server, fuse_ino_t number)
{
	const bool file = number >= first_field(server);

	return (struct stat){
		.st_ino = number,
		.st_mode = file ? S_IFREG | 0644 : S_IFDIR | 0755,
		.st_nlink = 1,
		.st_size = file ? SIZE : 0,
	};
}

/* "a7" or "f7" is 7; more than there are is none. */
static bool number_in(const char *name, char letter, unsigned long count, unsigned long *ret)
{
	char *end;

	if (name[0] != letter)
		return false;
	*ret = strtoul(name + 1, &end, 10);
	return !*end && *ret < count;
}

static fuse_ino_t find(const struct server *server, fuse_ino_t parent, const char *name)
{
	unsigned long index;

	if (parent == ROOT)
		return strcmp(name, "orgs") == 0 ? ORGS : 0;
	if (parent == ORGS)
		return strcmp(name, "acme") == 0 ? ACME : 0;
	if (parent == ACME)
		return number_in(name, 'a', server->accounts, &index) ? FIRST_ACCOUNT + index : 0;
	if (number_in(name, 'f', server->fields, &index))
		return first_field(server) + (parent - FIRST_ACCOUNT) * server->fields + index;
	return 0;
}

static void op_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	const struct server *server = server_of(request);
	struct fuse_entry_param entry = {.attr_timeout = long_time, .entry_timeout = long_time};

	entry.ino = find(server, parent, name);
	if (!entry.ino) {
		fuse_reply_err(request, ENOENT);
		return;
	}
	entry.attr = attributes(server, entry.ino);
	fuse_reply_entry(request, &entry);
}

static void op_getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	const struct stat st = attributes(server_of(request), number);

	(void)info;
	fuse_reply_attr(request, &st, long_time);
}

static void op_setattr(fuse_req_t request, fuse_ino_t number, struct stat *wanted, int set,
		       struct fuse_file_info *info)
{
	(void)wanted, (void)set;
	op_getattr(request, number, info);
}

static void op_open(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	(void)number;
	info->direct_io = 1;
	info->noflush = (info->flags & O_ACCMODE) == O_RDONLY;
	fuse_reply_open(request, info);
}

static void op_read(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset,
		    struct fuse_file_info *info)
{
	const struct server *server = server_of(request);
	const char *value = server->values[number - first_field(server)];
	const size_t left = offset < SIZE ? SIZE - (size_t)offset : 0;

	(void)info;
	fuse_reply_buf(request, left ? value + offset : NULL, left < size ? left : size);
}

static void op_write(fuse_req_t request, fuse_ino_t number, const char *bytes, size_t size,
		     off_t offset, struct fuse_file_info *info)
{
	struct server *server = server_of(request);
	char *value = server->values[number - first_field(server)];

	(void)info;
	if (offset < SIZE)
		memcpy(value + offset, bytes,
		       size < SIZE - (size_t)offset ? size : SIZE - (size_t)offset);
	fuse_reply_write(request, size);
}

static void op_flush(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	(void)number, (void)info;
	fuse_reply_err(request, 0);
}

/* The entry at a place in a directory; false behind the last. */
static bool entry_at(const struct server *server, fuse_ino_t parent, unsigned long index,
		     char name[32])
{
	const bool account = parent >= FIRST_ACCOUNT;

	if (parent == ROOT || parent == ORGS) {
		snprintf(name, 32, "%s", parent == ROOT ? "orgs" : "acme");
		return index == 0;
	}
	snprintf(name, 32, "%c%lu", account ? 'f' : 'a', index);
	return index < (account ? server->fields : server->accounts);
}

static void op_readdir(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset,
		       struct fuse_file_info *info)
{
	const struct server *server = server_of(request);
	char *buffer = malloc(size), name[32];
	size_t used = 0;

	(void)info;
	while (buffer && entry_at(server, number, (unsigned long)offset, name)) {
		const struct stat st = attributes(server, find(server, number, name));
		const size_t length =
			fuse_add_direntry(request, buffer + used, size - used, name, &st, ++offset);

		if (length > size - used)
			break;
		used += length;
	}
	fuse_reply_buf(request, buffer, used);
	free(buffer);
}

static void init(void *context, struct fuse_conn_info *connection)
{
	(void)context;
	connection->want &= ~(unsigned)FUSE_CAP_READDIRPLUS;
}

static const struct fuse_lowlevel_ops operations = {
	.init = init,
	.lookup = op_lookup,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.open = op_open,
	.read = op_read,
	.write = op_write,
	.flush = op_flush,
	.readdir = op_readdir,
};

static int serve(struct server *server, const char *path)
{
	char program[] = "server", option[] = "-oallow_other,fsname=server";
	char *arguments[] = {program, option, NULL};
	struct fuse_args args = FUSE_ARGS_INIT(2, arguments);
	struct fuse_session *session =
		fuse_session_new(&args, &operations, sizeof operations, server);
	int r = 1;

	if (!session || fuse_session_mount(session, path) != 0)
		return r;
	if (fuse_set_signal_handlers(session) == 0) {
		r = fuse_session_loop(session) != 0;
		fuse_remove_signal_handlers(session);
	}
	fuse_session_unmount(session);
	fuse_session_destroy(session);
	fuse_opt_free_args(&args);
	return r;
}

int main(int argc, char **argv)
{
	struct server server = {0};
	int r;

	if (argc != 4) {
		fprintf(stderr, "usage: server DIR ACCOUNTS FIELDS\n");
		return 2;
	}
	server.accounts = strtoul(argv[2], NULL, 10);
	server.fields = strtoul(argv[3], NULL, 10);
	server.values = calloc(server.accounts * server.fields, sizeof *server.values);
	if (!server.values)
		return 1;
	memset(server.values, 'v', server.accounts * server.fields * sizeof *server.values);
	r = serve(&server, argv[1]);
	free(server.values);
	return r;
}
