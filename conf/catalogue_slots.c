#include "conf/catalogue_slots.h"

#include <string.h>

size_t catalogue_index(const struct catalogue *catalogue, const char *id)
{
	for (size_t i = 0; i < catalogue->count; i++) {
		if (strcmp(catalogue->list[i].id, id) == 0)
			return i;
	}
	return CATALOGUE_NONE;
}

size_t catalogue_field_index(const struct provider *provider, const char *name)
{
	for (size_t i = 0; i < provider->field_count; i++) {
		if (strcmp(provider->fields[i].name, name) == 0)
			return i;
	}
	return CATALOGUE_NONE;
}

int catalogue_slot(struct catalogue *catalogue, const char *id, size_t *ret)
{
	size_t index = catalogue_index(catalogue, id);
	struct provider *list;

	if (index == CATALOGUE_NONE) {
		list = reallocarray(catalogue->list, catalogue->count + 1, sizeof(*list));
		if (!list)
			return -ENOMEM;
		catalogue->list = list;
		index = catalogue->count++;
		list[index] = (struct provider){0};
	}
	*ret = index;
	return 0;
}

int catalogue_field_slot(struct provider *provider, const char *name, size_t *ret)
{
	size_t index = catalogue_field_index(provider, name);
	struct provider_field *list;

	if (index == CATALOGUE_NONE) {
		list = reallocarray(provider->fields, provider->field_count + 1, sizeof(*list));
		if (!list)
			return -ENOMEM;
		provider->fields = list;
		index = provider->field_count++;
		list[index] = (struct provider_field){0};
	}
	*ret = index;
	return 0;
}

int catalogue_rendering_slot(struct provider *provider, const char *path, size_t *ret)
{
	struct rendering *list;
	size_t index = 0;

	while (index < provider->rendering_count &&
	       strcmp(provider->renderings[index].path, path) != 0)
		index++;
	if (index == provider->rendering_count) {
		list = reallocarray(provider->renderings, index + 1, sizeof(*list));
		if (!list)
			return -ENOMEM;
		provider->renderings = list;
		provider->rendering_count++;
		list[index] = (struct rendering){0};
	}
	*ret = index;
	return 0;
}

int catalogue_trial_slot(struct provider *provider, const char *name, size_t *ret)
{
	struct trial *list;
	size_t index = 0;

	while (index < provider->trial_count && strcmp(provider->trials[index].name, name) != 0)
		index++;
	if (index == provider->trial_count) {
		list = reallocarray(provider->trials, index + 1, sizeof(*list));
		if (!list)
			return -ENOMEM;
		provider->trials = list;
		provider->trial_count++;
		list[index] = (struct trial){0};
	}
	*ret = index;
	return 0;
}
