#include "slot/prefixes.h"

void prefixes_write(const struct key_template *template, enum purpose purpose,
    bool plain, struct buf *out)
{
	for (size_t i = 0; i < template->count; i++) {
		const struct key_part *part = &template->parts[i];

		if (part->kind == KEY_UNTIL)
			return;
		if (part->kind == KEY_PURPOSE)
			buf_text(out, purpose_name(purpose));
		for (size_t j = 0; j < part->literal.len; j++) {
			char c = part->literal.at[j];

			buf_char(out, plain && c == '~' ? '_' : c);
		}
	}
}

static void add(struct prefixes *prefixes, struct span prefix)
{
	for (size_t i = 0; i < prefixes->count; i++)
		if (span_equal(prefixes->list[i], prefix))
			return;
	prefixes->list[prefixes->count++] = prefix;
}

void prefixes_init(
    struct prefixes *prefixes, const struct key_template *template)
{
	struct buf memory = buf_of(prefixes->memory, sizeof prefixes->memory);

	prefixes->count = 0;
	add(prefixes, SPAN_EMPTY);
	if (!key_template_has(template, KEY_UNTIL))
		return;
	for (unsigned i = 0; i < 2 * PURPOSE_COUNT; i++) {
		const size_t start = memory.len;

		prefixes_write(template, i / 2, i % 2, &memory);
		add(prefixes, span_from(buf_span(&memory), start));
	}
}
