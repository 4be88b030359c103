#ifndef SERVICE_LOG_H
#define SERVICE_LOG_H

#include "conf/conf.h"
#include "core/buf.h"

/*
 * Log lines on stderr, as logfmt or JSON. Values are escaped and cut to 256
 * bytes. A field that does not fit into a line is left out, and the last field
 * of the line says how many were. Any thread may log.
 */
struct log {
	enum conf_log_format format;
	enum conf_log_level level;
};

struct log_line {
	const struct log *log;
	bool on;
	size_t start; /* after the priority */
	uint64_t left_out;
	struct buf text;
	char memory[4096]; /* at most LOG_QUEUE_LINE */
};

/* Looks whether stderr is systemd's journal (JOURNAL_STREAM): lines begin with
 * their priority then (sd-daemon(3)). To be called first. */
void log_look(void);
/*
 * Starts the thread that writes the lines, so that no other thread waits for
 * the reader of stderr (see service/log_queue.h). Before, each line is written
 * at once. Returns false without memory or a thread.
 */
bool log_start(void);
/* Waits until all lines are written, for a few seconds at most. */
void log_flush(void);
/* The same, and ends the thread. No other thread may log any more. */
void log_stop(void);
/* How many lines were dropped because stderr did not take them. */
uint64_t log_dropped(void);

/* "<3>" or the like; "" if stderr is not the journal. */
const char *log_priority(enum conf_log_level level);

/* log_begin starts a line, its fields follow, log_end writes it. Keys are
 * literals. */
void log_begin(struct log_line *line, const struct log *log,
    enum conf_log_level level, const char *message);
void log_span(struct log_line *line, const char *key, struct span value);
void log_text(struct log_line *line, const char *key, const char *value);
void log_u64(struct log_line *line, const char *key, uint64_t value);
void log_i64(struct log_line *line, const char *key, int64_t value);
void log_end(struct log_line *line);
/* Like log_end, but returns the line instead of writing it. */
struct span log_finish(struct log_line *line);

/* Writes a line with one field. key == NULL: without a field. */
void log_note(const struct log *log, enum conf_log_level level,
    const char *message, const char *key, const char *value);

#endif
