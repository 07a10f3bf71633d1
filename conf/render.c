#include "conf/render.h"

#include <string.h>

#include "conf/json.h"
#include "store/utf8.h"

/* pg_service.conf: libpq 15 reads lines into 1024 bytes. Option files: mysys reads into 4096. */
enum { SERVICE_LINE_MAX = 1021, MYSQL_LINE_MAX = 4090 };

/* What has been written, and the first thing that went wrong. */
struct sink {
	struct secret *secret;
	size_t size;
	int error;
};

/* Room doubles: a secret moves when it grows. */
static void put(struct sink *sink, const void *bytes, size_t size)
{
	const size_t room = secret_size(sink->secret);

	if (sink->error == 0 && size > room - sink->size)
		sink->error = secret_resize(sink->secret, room + (size > room ? size : room) + 64);
	if (sink->error == 0 && size) {
		memcpy(secret_bytes(sink->secret) + sink->size, bytes, size);
		sink->size += size;
	}
}

static void put_text(struct sink *sink, const char *text)
{
	put(sink, text, strlen(text));
}

static bool has_any(const struct render_value *value, const char *bytes)
{
	for (size_t i = 0; i < value->size; i++) {
		if (value->bytes[i] && strchr(bytes, value->bytes[i]))
			return true;
	}
	return false;
}

/* The value with a backslash before each byte that is one of `special`. */
static void put_escaped(struct sink *sink, const struct render_value *value, const char *special)
{
	for (size_t i = 0; i < value->size; i++) {
		if (value->bytes[i] && strchr(special, value->bytes[i]))
			put(sink, "\\", 1);
		put(sink, &value->bytes[i], 1);
	}
}

/* A newline would begin a line of its own, in which whoever set the value could say anything. */
static bool has_control(const struct render_value *value)
{
	for (size_t i = 0; i < value->size; i++) {
		if (value->bytes[i] < 0x20 || value->bytes[i] == 0x7f)
			return true;
	}
	return false;
}

static bool is_utf8(const struct render_value *value)
{
	for (size_t at = 0; at < value->size;) {
		uint32_t code = 0;
		const int length = utf8_next(value->bytes + at, value->size - at, &code);

		if (length <= 0)
			return false;
		at += (size_t)length;
	}
	return value->size > 0;
}

static bool is_plain(const struct render_value *value)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_./:+=@%,-";

	for (size_t i = 0; i < value->size; i++) {
		if (!value->bytes[i] || !strchr(plain, value->bytes[i]))
			return false;
	}
	return true;
}

/* python-dotenv puts in variables whatever the quotes. */
static bool has_expansion(const struct render_value *value)
{
	return memmem(value->bytes, value->size, "${", 2);
}

/* Between single quotes all readers take every byte as it is but the quote and, some of them, the
 * backslash; between double quotes all but those that one or another of them expands. */
static int put_env(struct sink *sink, const struct render_value *value)
{
	const char *quote = is_plain(value) ? "" : !has_any(value, "'") ? "'" : "\"";

	if (has_control(value) || has_any(value, "\\") || has_expansion(value) ||
	    (*quote == '"' && has_any(value, "\"$`")))
		return -EILSEQ;
	put_text(sink, value->name);
	put_text(sink, "=");
	put_text(sink, quote);
	put(sink, value->bytes, value->size);
	put_text(sink, quote);
	put_text(sink, "\n");
	return 0;
}

/* Some of the vendor's libraries take " #" and " ;" for comments, some take quotes off. */
static int put_aws(struct sink *sink, const struct render_value *value)
{
	for (size_t i = 0; i < value->size; i++) {
		if (value->bytes[i] <= ' ' || value->bytes[i] > '~')
			return -EILSEQ;
	}
	if (has_any(value, "\"'#;\\[]"))
		return -EILSEQ;
	put_text(sink, value->name);
	put_text(sink, " = ");
	put(sink, value->bytes, value->size);
	put_text(sink, "\n");
	return 0;
}

/* libpq takes what stands behind the first '=' as it is, but for blanks at its end. */
static int put_service(struct sink *sink, const struct render_value *value)
{
	const size_t begin = sink->size;

	if (has_control(value) || value->bytes[0] == ' ' || value->bytes[value->size - 1] == ' ')
		return -EILSEQ;
	put_text(sink, value->name);
	put_text(sink, "=");
	put(sink, value->bytes, value->size);
	put_text(sink, "\n");
	return sink->size - begin <= SERVICE_LINE_MAX ? 0 : -EILSEQ;
}

/* Always quoted, for a '#' begins a comment anywhere else. */
static int put_mysql(struct sink *sink, const struct render_value *value)
{
	const size_t begin = sink->size;

	if (has_control(value))
		return -EILSEQ;
	put_text(sink, value->name);
	put_text(sink, "=\"");
	put_escaped(sink, value, "\\\"");
	put_text(sink, "\"\n");
	return sink->size - begin <= MYSQL_LINE_MAX ? 0 : -EILSEQ;
}

/* The password too is escaped: pgjdbc ends it at a colon, libpq does not mind. A line that begins
 * with '#' is a comment. */
static int put_pgpass(struct sink *sink, const struct render_value *value)
{
	if (has_control(value) || (sink->size == 0 && value->bytes[0] == '#'))
		return -EILSEQ;
	if (sink->size)
		put_text(sink, ":");
	put_escaped(sink, value, ":\\");
	return 0;
}

static int put_copy(struct sink *sink, const struct render_value *value)
{
	put(sink, value->bytes, value->size);
	return 0;
}

enum { PGPASS_VALUES = 5 };

static const struct {
	const char *name;
	bool grouped;
	size_t count;
	int (*put)(struct sink *sink, const struct render_value *value); /* NULL: json.c does it */
} formats[] = {
	[RENDER_ENV] = {"env", false, 0, put_env},
	[RENDER_JSON] = {"json", false, 0, NULL},
	[RENDER_AWS] = {"aws", true, 0, put_aws},
	[RENDER_SERVICE] = {"service", true, 0, put_service},
	[RENDER_MYSQL] = {"mysql", true, 0, put_mysql},
	[RENDER_PGPASS] = {"pgpass", false, PGPASS_VALUES, put_pgpass},
	[RENDER_COPY] = {"copy", false, 1, put_copy},
};
_Static_assert(sizeof formats / sizeof formats[0] == RENDER_FORMATS, "each format has its row");

const char *render_format_name(enum render_format format)
{
	return formats[format].name;
}

bool render_format_parse(const char *word, enum render_format *ret)
{
	for (size_t i = 0; i < RENDER_FORMATS; i++) {
		if (strcmp(formats[i].name, word) == 0) {
			*ret = (enum render_format)i;
			return true;
		}
	}
	return false;
}

bool render_format_is_grouped(enum render_format format)
{
	return formats[format].grouped;
}

size_t render_format_count(enum render_format format)
{
	return formats[format].count;
}

static int put_values(struct sink *sink, const struct render *render, size_t *ret_index)
{
	if (formats[render->format].grouped) {
		put_text(sink, "[");
		put_text(sink, render->group);
		put_text(sink, "]\n");
	}
	for (size_t i = 0; i < render->count; i++) {
		int r = formats[render->format].put(sink, &render->values[i]);

		if (sink->error < 0)
			return sink->error;
		if (r < 0) {
			*ret_index = i;
			return r;
		}
	}
	if (sink->size && secret_view(sink->secret)[sink->size - 1] != '\n')
		put_text(sink, "\n");
	return sink->error;
}

static int put_lines(const struct render *render, struct secret_pool *pool, struct secret **ret,
		     size_t *ret_index)
{
	CLEANUP_SECRET struct secret *text = NULL;
	struct sink sink = {0};
	int r = secret_new(pool, 0, &text);

	if (r < 0)
		return r;
	sink.secret = text;
	r = put_values(&sink, render, ret_index);
	if (r == 0)
		r = secret_resize(text, sink.size);
	if (r == 0)
		*ret = TAKE_PTR(text);
	return r;
}

int render_text(const struct render *render, struct secret_pool *pool, struct secret **ret,
		size_t *ret_index)
{
	for (size_t i = 0; i < render->count; i++) {
		const struct render_value *value = &render->values[i];

		if (!is_utf8(value) || memchr(value->bytes, '\0', value->size)) {
			*ret_index = i;
			return -EILSEQ;
		}
	}
	if (formats[render->format].put)
		return put_lines(render, pool, ret, ret_index);
	return json_make(render->values, render->count, pool, ret);
}
