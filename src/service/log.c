#include "service/log.h"

#include "core/quote.h"
#include "core/stamp.h"
#include "service/log_queue.h"
#include "service/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VALUE_MAX 256
/* Bytes kept free for the end of a line: left_out and "}". */
#define END_MAX 40
/* How long the end waits when stderr is not read; microseconds. */
#define FLUSH_MAX 3000000

/* Global because a process has one stderr. Set while there is one thread. */
static struct log_queue *queue;
static bool in_journal;

static const char *const level_names[] = { "error", "warn", "info" };
static const char *const priorities[] = { "<3>", "<4>", "<6>" };
_Static_assert(sizeof((struct log_line *)NULL)->memory <= LOG_QUEUE_LINE,
    "a line is one write to a pipe");

/* Whether stderr is the stream to systemd's journal: JOURNAL_STREAM has its
 * device and inode in decimal (systemd.exec(5)). */
static bool is_journal(const char *stream)
{
	struct stat stat;
	char own[64];

	if (!stream || fstat(STDERR_FILENO, &stat) != 0)
		return false;
	snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)stat.st_dev,
	    (unsigned long long)stat.st_ino);
	return strcmp(own, stream) == 0;
}

void log_look(void)
{
	in_journal = is_journal(getenv("JOURNAL_STREAM"));
}

bool log_start(void)
{
	queue = log_queue_open(STDERR_FILENO);
	return queue != NULL;
}

void log_flush(void)
{
	if (queue)
		log_queue_flush(queue, clock_micros() + FLUSH_MAX);
}

void log_stop(void)
{
	if (queue && log_queue_close(queue, clock_micros() + FLUSH_MAX))
		queue = NULL;
}

uint64_t log_dropped(void)
{
	return queue ? log_queue_dropped(queue) : 0;
}

const char *log_priority(enum conf_log_level level)
{
	return in_journal ? priorities[level] : "";
}

static void add_key(struct log_line *line, const char *key)
{
	if (line->log->format == CONF_LOG_JSON) {
		buf_text(
		    &line->text, line->text.len > line->start ? ",\"" : "{\"");
		buf_text(&line->text, key);
		buf_text(&line->text, "\":");
		return;
	}
	if (line->text.len > line->start)
		buf_char(&line->text, ' ');
	buf_text(&line->text, key);
	buf_char(&line->text, '=');
}

static bool plain(struct span value)
{
	if (!value.len)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.at[i];

		if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\')
			return false;
	}
	return true;
}

/* Removes the field that was written last if the line had no room for it. */
static void end_field(struct log_line *line, size_t before)
{
	if (buf_ok(&line->text))
		return;
	line->text.len = before;
	line->text.full = false;
	line->left_out++;
}

void log_begin(struct log_line *line, const struct log *log,
    enum conf_log_level level, const char *message)
{
	char memory[32];
	struct buf stamp;

	line->log = log;
	line->on = level <= log->level;
	line->left_out = 0;
	buf_init(&line->text, line->memory, sizeof line->memory - END_MAX);
	if (!line->on)
		return;
	buf_text(&line->text, log_priority(level));
	line->start = line->text.len;
	buf_init(&stamp, memory, sizeof memory);
	stamp_rfc3339(&stamp, clock_unix());
	log_span(line, "ts", buf_span(&stamp));
	log_text(line, "level", level_names[level]);
	log_text(line, "msg", message);
}

void log_span(struct log_line *line, const char *key, struct span value)
{
	const size_t before = line->text.len;

	if (!line->on)
		return;
	add_key(line, key);
	value = span_first(value, VALUE_MAX);
	if (line->log->format == CONF_LOG_LOGFMT && plain(value))
		buf_add(&line->text, value);
	else
		quote_add(&line->text, value);
	end_field(line, before);
}

void log_text(struct log_line *line, const char *key, const char *value)
{
	if (value)
		log_span(line, key, span_of(value));
}

static void add_number(
    struct log_line *line, const char *key, bool negative, uint64_t value)
{
	const size_t before = line->text.len;

	if (!line->on)
		return;
	add_key(line, key);
	if (negative)
		buf_char(&line->text, '-');
	buf_u64(&line->text, value);
	end_field(line, before);
}

void log_u64(struct log_line *line, const char *key, uint64_t value)
{
	add_number(line, key, false, value);
}

void log_i64(struct log_line *line, const char *key, int64_t value)
{
	add_number(line, key, value < 0,
	    value < 0 ? -(uint64_t)value : (uint64_t)value);
}

struct span log_finish(struct log_line *line)
{
	if (!line->on)
		return SPAN_EMPTY;
	line->text.size = sizeof line->memory;
	if (line->left_out)
		log_u64(line, "left_out", line->left_out);
	if (line->log->format == CONF_LOG_JSON)
		buf_char(&line->text, '}');
	buf_char(&line->text, '\n');
	return buf_span(&line->text);
}

void log_end(struct log_line *line)
{
	const struct span text = log_finish(line);
	ssize_t written;

	if (!text.len)
		return;
	if (queue) {
		log_queue_put(queue, line->log, text);
		return;
	}
	/* There is nowhere to report a failure. */
	written = write(STDERR_FILENO, text.at, text.len);
	(void)written;
}

void log_note(const struct log *log, enum conf_log_level level,
    const char *message, const char *key, const char *value)
{
	struct log_line line;

	log_begin(&line, log, level, message);
	if (key)
		log_text(&line, key, value);
	log_end(&line);
}
