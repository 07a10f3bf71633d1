/*
 * What is wrong with a configuration file, for the operator: file, line (0: none), sentence. Filled
 * by the readers of this folder when they return -EINVAL. A plain value.
 */
#pragma once

struct conf_error {
	char file[256];
	unsigned line;
	char text[256];
};

void conf_error_set(struct conf_error *error, const char *file, unsigned line, const char *format,
		    ...) __attribute__((format(printf, 4, 5)));

/* The same for a reader's callback, which finds file and line filled in. */
void conf_error_text(struct conf_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
