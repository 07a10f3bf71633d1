/*
 * Places in the catalogue, by name: where one of that name is, or a new one at the end, empty. For
 * catalogue_file.c. Indices, for the arrays move.
 */
#pragma once

#include "conf/catalogue_file.h"

/* -ENOMEM. */
int catalogue_slot(struct catalogue *catalogue, const char *id, size_t *ret) MUST_CHECK;
int catalogue_field_slot(struct provider *provider, const char *name, size_t *ret) MUST_CHECK;
int catalogue_rendering_slot(struct provider *provider, const char *path, size_t *ret) MUST_CHECK;
int catalogue_trial_slot(struct provider *provider, const char *name, size_t *ret) MUST_CHECK;

/* CATALOGUE_NONE when it is not there. */
size_t catalogue_field_index(const struct provider *provider, const char *name);
