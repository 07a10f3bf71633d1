/*
 * What a handle is made of: for handle.c, and for handle_image.c, which tells a successor of it.
 */
#pragma once

#include "fs/handle.h"

struct handle {
	struct node node;
	struct opener opener;
	bool reads;
	bool writes;
	bool directory;
	bool touches; /* it writes so that watchers are told; what it writes is dropped */
	struct secret *snapshot; /* of a handle that only reads */
	uint64_t version;
	bool fresh;		 /* and has not been read from */
	struct draft draft;	 /* of one that writes */
	struct scratch *scratch; /* of a scratch file: shared by all that have it open */
	struct scratch_file *file;
	struct listing listing; /* of a directory */
	int emptied;		/* -errno: it held too much */
	uint64_t revision;	/* rises when the snapshot changes */
	uint64_t poll;		/* what the kernel calls who waits for a change, 0: nobody */
};
