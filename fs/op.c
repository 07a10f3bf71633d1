#include "fs/op.h"

struct fuse_lowlevel_ops op_table(void)
{
	return (struct fuse_lowlevel_ops){
		.lookup = op_lookup,
		.forget = op_forget,
		.forget_multi = op_forget_multi,
		.mknod = op_mknod,
		.mkdir = op_mkdir,
		.unlink = op_unlink,
		.rmdir = op_rmdir,
		.symlink = op_symlink,
		.rename = op_rename,
		.link = op_link,
		.readlink = op_readlink,
		.opendir = op_opendir,
		.readdir = op_readdir,
		.readdirplus = op_readdirplus,
		.releasedir = op_releasedir,
		.fsyncdir = op_fsyncdir,
		.open = op_open,
		.create = op_create,
		.read = op_read,
		.write = op_write,
		.flush = op_flush,
		.fsync = op_fsync,
		.poll = op_poll,
		.release = op_release,
		.getattr = op_getattr,
		.setattr = op_setattr,
		.statfs = op_statfs,
		.getxattr = op_getxattr,
		.setxattr = op_setxattr,
		.listxattr = op_listxattr,
		.removexattr = op_removexattr,
	};
}
