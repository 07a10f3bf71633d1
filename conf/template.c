#include "conf/template.h"

#include <string.h>

#include "store/name.h"

#define BLANKS " \t"

void template_done(struct template *template)
{
	for (size_t i = 0; i < template->count; i++)
		free(template->parts[i].text);
	free(template->parts);
	*template = (struct template){0};
}

static int add_part(struct template *template, const char *text, size_t length, bool field)
{
	struct template_part *parts =
		reallocarray(template->parts, template->count + 1, sizeof *parts);

	if (!parts)
		return -ENOMEM;
	template->parts = parts;
	parts[template->count] =
		(struct template_part){.text = strndup(text, length), .field = field};
	return parts[template->count++].text ? 0 : -ENOMEM;
}

/* One constant or name; moves *text behind it. */
static int take_part(struct template *template, const char **text, struct conf_error *error)
{
	const bool quoted = **text == '"';
	const char *begin = *text + quoted;
	const size_t length = strcspn(begin, quoted ? "\"" : BLANKS "|\"");
	int r;

	if (quoted && !begin[length]) {
		conf_error_text(error, "a quote is open: %s", *text);
		return -EINVAL;
	}
	r = add_part(template, begin, length, !quoted);
	if (r < 0)
		return r;
	if (!quoted && !field_name_is_valid(template->parts[template->count - 1].text)) {
		conf_error_text(error, "neither \"text\" nor the name of a field: %s", *text);
		return -EINVAL;
	}
	*text = begin + length + quoted;
	return 0;
}

static int parse(struct template *template, const char *text, struct conf_error *error)
{
	bool first = true;
	int r = 0;

	while (*(text += strspn(text, BLANKS)) && r == 0) {
		if (*text == '|' && !first) {
			first = true;
			text++;
			continue;
		}
		r = take_part(template, &text, error);
		if (r == 0)
			template->parts[template->count - 1].first = first;
		first = false;
	}
	if (r == 0 && first) {
		conf_error_text(error, "an alternative without anything");
		return -EINVAL;
	}
	return r;
}

int template_set(struct template *template, const char *text, struct conf_error *error)
{
	CLEANUP(template_done) struct template parsed = {0};
	int r = parse(&parsed, text, error);

	if (r < 0)
		return r;
	template_done(template);
	*template = parsed;
	parsed = (struct template){0};
	return 0;
}

static int append(struct secret *text, const void *bytes, size_t size)
{
	const size_t before = secret_size(text);
	int r = secret_resize(text, before + size);

	if (r == 0 && size)
		memcpy(secret_bytes(text) + before, bytes, size);
	return r;
}

/* How much of what was made so far is said again by the path that follows, in whole segments:
 * of .../openai/v1 and /openai/v1/models both. */
static size_t repeated(const struct secret *text, const char *path)
{
	const char *made = (const char *)secret_view(text);
	size_t size = secret_size(text);
	size_t most = 0;

	if (path[0] != '/' || !size)
		return 0;
	if (made[size - 1] == '/')
		size--;
	for (size_t end = 0; path[end] == '/';) {
		end += strcspn(path + end + 1, "/?") + 1;
		if (end > 1 && size >= end && memcmp(made + size - end, path, end) == 0)
			most = end;
	}
	return secret_size(text) - size + most;
}

struct making {
	const struct rendering_source *source;
	struct secret_pool *pool;
	bool url;
};

static int append_part(const struct making *making, const struct template_part *part,
		       bool after_field, struct secret *text)
{
	CLEANUP_SECRET struct secret *value = NULL;
	int r = 0;

	if (part->field) {
		r = making->source->get(making->source->context, part->text, &value);
		return r < 0 ? r : append(text, secret_view(value), secret_size(value));
	}
	if (making->url && after_field)
		r = secret_resize(text, secret_size(text) - repeated(text, part->text));
	return r < 0 ? r : append(text, part->text, strlen(part->text));
}

/* The alternative that begins at `index`. */
static int make_alternative(const struct making *making, const struct template *template,
			    size_t index, struct secret **ret)
{
	CLEANUP_SECRET struct secret *text = NULL;
	bool after_field = false;
	int r = secret_new(making->pool, 256, &text);

	do {
		if (r == 0)
			r = append_part(making, &template->parts[index], after_field, text);
		after_field = template->parts[index].field;
	} while (++index < template->count && !template->parts[index].first);
	if (r == 0)
		*ret = TAKE_PTR(text);
	return r;
}

static int make(const struct making *making, const struct template *template, struct secret **ret)
{
	int r = -ENOENT;

	for (size_t i = 0; i < template->count && r == -ENOENT; i++) {
		if (template->parts[i].first)
			r = make_alternative(making, template, i, ret);
	}
	return r;
}

int template_make(const struct template *template, const struct rendering_source *source,
		  struct secret_pool *pool, struct secret **ret)
{
	return make(&(struct making){source, pool, false}, template, ret);
}

int template_make_url(const struct template *template, const struct rendering_source *source,
		      struct secret_pool *pool, struct secret **ret)
{
	return make(&(struct making){source, pool, true}, template, ret);
}
