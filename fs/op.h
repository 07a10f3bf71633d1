/*
 * The operations that the kernel asks for, one function each, of one shape: decode, fetch, act,
 * reply exactly once. All logic is below them. op_name.c: names and directories; op_file.c: open
 * files; op_attr.c: attributes and lists.
 */
#pragma once

#include "fs/request.h"

/* The table for fuse_session_new(). */
struct fuse_lowlevel_ops op_table(void);

void op_lookup(fuse_req_t request, fuse_ino_t parent, const char *name);
void op_forget(fuse_req_t request, fuse_ino_t number, uint64_t count);
void op_forget_multi(fuse_req_t request, size_t count, struct fuse_forget_data *forgets);
void op_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, dev_t device);
void op_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode);
void op_unlink(fuse_req_t request, fuse_ino_t parent, const char *name);
void op_rmdir(fuse_req_t request, fuse_ino_t parent, const char *name);
void op_symlink(fuse_req_t request, const char *target, fuse_ino_t parent, const char *name);
void op_rename(fuse_req_t request, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
	       const char *new_name, unsigned flags);
void op_link(fuse_req_t request, fuse_ino_t number, fuse_ino_t parent, const char *name);
void op_readlink(fuse_req_t request, fuse_ino_t number);

void op_opendir(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info);
void op_readdir(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset,
		struct fuse_file_info *info);
void op_readdirplus(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset,
		    struct fuse_file_info *info);
void op_releasedir(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info);
void op_fsyncdir(fuse_req_t request, fuse_ino_t number, int data, struct fuse_file_info *info);

void op_open(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info);
void op_create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *info);
void op_read(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset,
	     struct fuse_file_info *info);
void op_write(fuse_req_t request, fuse_ino_t number, const char *bytes, size_t size, off_t offset,
	      struct fuse_file_info *info);
void op_flush(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info);
void op_fsync(fuse_req_t request, fuse_ino_t number, int data, struct fuse_file_info *info);
void op_poll(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info,
	     struct fuse_pollhandle *poll);
void op_release(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info);

void op_getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info);
void op_setattr(fuse_req_t request, fuse_ino_t number, struct stat *attributes, int set,
		struct fuse_file_info *info);
void op_statfs(fuse_req_t request, fuse_ino_t number);
void op_getxattr(fuse_req_t request, fuse_ino_t number, const char *name, size_t size);
void op_setxattr(fuse_req_t request, fuse_ino_t number, const char *name, const char *value,
		 size_t size, int flags);
void op_listxattr(fuse_req_t request, fuse_ino_t number, size_t size);
void op_removexattr(fuse_req_t request, fuse_ino_t number, const char *name);
