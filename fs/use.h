/*
 * What a project may use: under each name that it has, an account of its own, or one that it
 * inherits, or a data connection with the account that it is linked to; and of these the fields
 * that pass to it. What use/ORG/PROJECT/NAME shows, and what is made of it for tools: use_dir.h are
 * the directories, use_file.h the files, variable.h the environment. Plain values, borrowed from
 * the organisation until its next commit.
 */
#pragma once

#include "fs/data_type.h"
#include "fs/kind.h"

struct use {
	struct tree *tree;
	size_t pin;
	struct org *org;
	const struct record *project;
	const struct record *entry; /* the link, or the account itself: its name is the project's */
	const struct record *connection; /* whose fields these are; NULL: there is none */
	const struct record *account;	 /* and then whose; NULL as well, but not both */
	const struct provider *provider; /* what is made of them: of a connection, its type's */
	bool inherited;
};

/* Of a node of use/ below a project: -ENOENT when the project has that no more. */
int use_of(struct tree *tree, const struct node *node, struct use *ret) MUST_CHECK;

/* Under a name of a project (its node in use/); -ENOENT. */
int use_find(struct tree *tree, const struct node *project, const char *name,
	     struct use *ret) MUST_CHECK;

/* All that a project has, in no order; NULL `previous` gives the first. False: no more. */
bool use_next(struct tree *tree, const struct node *project, const struct record *previous,
	      struct use *ret);

/* The fields that have a value and pass to the project, in no order; NULL `previous` gives the
 * first. NULL: no more. */
const struct record *use_next_field(const struct use *use, const struct record *previous);
/* The one of this name; NULL. */
const struct record *use_field(const struct use *use, const char *name);

/* What the catalogue says of a field where it is set; NULL when its provider does not know it. */
const struct provider_field *use_rule(const struct use *use, const struct record *field);

/* The node of a kind, for which the project calls the account as it does; `name` is that of a file
 * or directory in it, NULL: none. */
struct node use_node(const struct use *use, enum node_kind kind, const char *name);

/* When anything of it last changed, ns since 1970. */
uint64_t use_updated(const struct use *use);

/* Whether it has a connection of a type, put into `ret`, for which the catalogue makes nothing. */
bool use_type_is_strange(const struct use *use, char ret[DATA_TYPE_MAX]);

/* The project of a node of use/, from NODE_USE_PROJECT down; NULL when it is gone. */
const struct record *use_project(const struct org *org, const struct node *node);

/* Whether the only one who holds the project's role `runner` is a user of this host: the project's
 * files in use/ are his then. */
bool use_runner(struct tree *tree, const struct org *org, const struct record *project, uid_t *ret);

/* A field of an account, or of a connection, has changed: tell the kernel of all that is made of it
 * in use/. */
void use_changed(struct tree *tree, size_t pin, struct record_id record);
