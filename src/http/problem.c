#include "http/problem.h"

#include "core/quote.h"
#include "core/stamp.h"

#include <stdlib.h>
#include <string.h>

#define DETAIL_MAX (2 * FAILURE_DETAIL_MAX)
/* Each byte of the detail may become an escape of 6 bytes; the rest of the
 * document is short. */
#define DOCUMENT_MAX (12 * DETAIL_MAX + 1024)

static void add_text(struct buf *out, const char *name, const char *value)
{
	buf_char(out, ',');
	quote_add(out, span_of(name));
	buf_char(out, ':');
	quote_add(out, span_of(value));
}

static void add_number(struct buf *out, const char *name, uint64_t value)
{
	buf_char(out, ',');
	quote_add(out, span_of(name));
	buf_char(out, ':');
	buf_u64(out, value);
}

static void write_members(struct buf *out, const struct failure_entry *entry,
    enum failure failure, const struct refusal *why)
{
	char detail_memory[DETAIL_MAX], stamp_memory[32];
	struct buf detail, stamp;

	buf_init(&detail, detail_memory, sizeof detail_memory);
	failure_write_detail(&detail, failure, why);
	add_text(out, "title", entry->title);
	add_number(out, "status", entry->status);
	add_text(out, "code", entry->code);
	add_text(out, "detail", detail.at);
	if (failure == FAILURE_FILE_TOO_LARGE)
		add_number(out, "max_file_size", why->max_size);
	if (why->retry_at) {
		buf_init(&stamp, stamp_memory, sizeof stamp_memory);
		stamp_rfc3339(&stamp, why->retry_at);
		add_text(out, "retry_at", stamp.at);
	}
	if (!entry->condition)
		return;
	buf_text(out, ",\"xmpp\":{\"condition\":");
	quote_add(out, span_of(entry->condition));
	add_text(out, "type", entry->type);
	buf_char(out, '}');
}

char *problem_write(const struct failure_entry *entry, enum failure failure,
    const struct refusal *why)
{
	char memory[DOCUMENT_MAX];
	struct buf out;

	buf_init(&out, memory, sizeof memory);
	buf_text(&out, "{\"type\":\"about:blank\"");
	write_members(&out, entry, failure, why);
	buf_char(&out, '}');
	return buf_ok(&out) ? strdup(out.at) : NULL;
}
