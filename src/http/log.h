#ifndef HTTP_LOG_H
#define HTTP_LOG_H

#include "conf/conf.h"
#include "core/buf.h"

/*
 * Log lines to stderr, logfmt or JSON, one write each. What comes from
 * outside is escaped, and cut at 256 bytes.
 */
struct log {
	enum conf_log_format format;
	enum conf_log_level level;
};

struct log_line {
	const struct log *log;
	bool on;
	struct buf text;
	char memory[4096];
};

/* Starts a line; the fields follow, log_end writes it. Keys are literals. */
void log_begin(struct log_line *line, const struct log *log,
    enum conf_log_level level, const char *message);
void log_span(struct log_line *line, const char *key, struct span value);
void log_text(struct log_line *line, const char *key, const char *value);
void log_u64(struct log_line *line, const char *key, uint64_t value);
void log_i64(struct log_line *line, const char *key, int64_t value);
void log_end(struct log_line *line);

/* A line with one field; key may be NULL. */
void log_note(const struct log *log, enum conf_log_level level,
    const char *message, const char *key, const char *value);

#endif
