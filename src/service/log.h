#ifndef SERVICE_LOG_H
#define SERVICE_LOG_H

#include "conf/conf.h"
#include "core/buf.h"

/*
 * Log lines to stderr, logfmt or JSON. What comes from outside is escaped,
 * and cut at 256 bytes. A field for which a line has no room is left out, and
 * the line's last field says how many are.
 */
struct log {
	enum conf_log_format format;
	enum conf_log_level level;
};

struct log_line {
	const struct log *log;
	bool on;
	size_t start; /* behind the priority */
	uint64_t left_out;
	struct buf text;
	char memory[4096]; /* at most PIPE_BUF: see service/log_queue.h */
};

/*
 * From here on one thread writes the lines, and nobody else waits for who
 * reads them: see service/log_queue.h. Before, each is written at once. When
 * stderr is the journal of systemd (JOURNAL_STREAM) each begins with its
 * priority, see sd-daemon(3). False: no memory, or no thread.
 */
bool log_start(void);
/* Waits for a few seconds until all lines are written. */
void log_flush(void);
/* The same, and the thread ends. Only when no other thread is left. */
void log_stop(void);
/* Lines that were dropped because stderr did not take them. */
uint64_t log_dropped(void);

/* "<3>" and the like, or nothing when stderr is not the journal. */
const char *log_priority(enum conf_log_level level);

/* Starts a line; the fields follow, log_end writes it. Keys are literals. */
void log_begin(struct log_line *line, const struct log *log,
    enum conf_log_level level, const char *message);
void log_span(struct log_line *line, const char *key, struct span value);
void log_text(struct log_line *line, const char *key, const char *value);
void log_u64(struct log_line *line, const char *key, uint64_t value);
void log_i64(struct log_line *line, const char *key, int64_t value);
void log_end(struct log_line *line);
/* The same, but the line is returned and goes nowhere. */
struct span log_finish(struct log_line *line);

/* A line with one field; key may be NULL. */
void log_note(const struct log *log, enum conf_log_level level,
    const char *message, const char *key, const char *value);

#endif
