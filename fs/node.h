/*
 * Nodes: what an inode stands for, as a value: a kind, the organisation it lies in, and the record
 * it shows. From a node its inode number follows, the same on every mount and in every daemon.
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/id.h"

/* A worker of another version reads these numbers (event.h): new kinds come last. */
enum node_kind {
	NODE_ROOT,
	NODE_DAEMON,	    /* /.status: how the daemon is */
	NODE_PROVIDERS,	    /* /providers */
	NODE_CATALOGUE,	    /* /providers/ID; number: index in the catalogue */
	NODE_ORGS,	    /* /orgs */
	NODE_ORG,	    /* /orgs/ORG */
	NODE_PROJECTS,	    /* /orgs/ORG/projects */
	NODE_PROJECT,	    /* /orgs/ORG/projects/PROJECT; id: the project */
	NODE_LINK,	    /* an inheritance in a project; id: the INHERIT record */
	NODE_PENDING,	    /* a link under a temporary name, see pending.h; id: of its own */
	NODE_ROLES,	    /* roles/ of the organisation (id zero) or of a project (id) */
	NODE_ROLE,	    /* a file in it; number: index in the settings' roles */
	NODE_AUDIT,	    /* /orgs/ORG/audit.log */
	NODE_ACCOUNT,	    /* id: the account, as for the four below */
	NODE_PROVIDER,	    /* ACCOUNT/provider */
	NODE_INFO,	    /* ACCOUNT/.info */
	NODE_STATUS,	    /* ACCOUNT/.status */
	NODE_HISTORY,	    /* ACCOUNT/.history */
	NODE_FIELD,	    /* ACCOUNT/FIELD; id: the field, as for the two below */
	NODE_HISTORY_FIELD, /* ACCOUNT/.history/FIELD */
	NODE_HISTORY_VALUE, /* ACCOUNT/.history/FIELD/N; number: N */
	NODE_SCRATCH,	    /* an editor's file beside a field, see scratch.h; id: of its own */
	NODE_SCRATCH_LINK,  /* a symbolic link of an editor's */
	NODE_ENDING,	    /* /orgs/ORG/.delete, see ending.h */
	/* Those of use/ stand together. */
	NODE_USE,	   /* /use */
	NODE_USE_ORG,	   /* /use/ORG */
	NODE_USE_PROJECT,  /* /use/ORG/PROJECT; id: the project, as for the three below */
	NODE_USE_ENV,	   /* PROJECT/env */
	NODE_USE_JSON,	   /* PROJECT/env.json */
	NODE_USE_STATUS,   /* PROJECT/.status */
	NODE_USE_ACCOUNT,  /* PROJECT/ACCOUNT; id: the INHERIT record or the project's own account,
			    * as for the three below */
	NODE_USE_PROVIDER, /* ACCOUNT/provider */
	NODE_USE_MADE,	   /* a directory in ACCOUNT; number: of its path there */
	NODE_USE_FILE,	   /* a file in ACCOUNT; number: of its path there */
	/* With data connections. */
	NODE_CONNECTIONS, /* /orgs/ORG/connections */
	NODE_CONNECTION,  /* /orgs/ORG/connections/CONNECTION; id: the connection, also of the
			   * three that describe it, and of its fields' directory */
	NODE_ASSOCIATION, /* a link in it; id: the ASSOCIATION record */
	NODE_USERS,	  /* /orgs/ORG/users */
	NODE_USER,	  /* /orgs/ORG/users/NAME; id: the USER record */
	NODE_KINDS,
};

/* The pin of nodes that lie in no organisation. */
#define NO_PIN SIZE_MAX

struct node {
	enum node_kind kind;
	size_t pin; /* which organisation: index of its pin */
	struct record_id id;
	uint64_t number;
};

/* The number of a node that is known by a name: 64 bits of BLAKE2b. */
uint64_t node_number(const char *name);

bool node_equal(const struct node *a, const struct node *b);

/* The inode number: the first 64 bits of BLAKE2b over "credfs inode v1", the organisation, the
 * kind's name, the id, and `label`, the name of what `number` counts; 1 for the root. Never 0. */
uint64_t node_inode(const struct node *node, struct org_id org, const char *label);
