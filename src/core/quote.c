#include "core/quote.h"

#include "core/hex.h"
#include "core/utf8.h"

/* Characters beyond the first 65536 are two escapes. */
static void add_escape(struct buf *out, uint32_t c)
{
	const uint16_t units[] = { (uint16_t)(0xd800 + ((c - 0x10000) >> 10)),
		(uint16_t)(c < 0x10000 ? c : 0xdc00 + (c & 0x3ff)) };

	for (size_t i = c < 0x10000 ? 1 : 0; i < 2; i++) {
		const uint8_t bytes[] = { (uint8_t)(units[i] >> 8),
			(uint8_t)units[i] };

		buf_text(out, "\\u");
		hex_encode(out, bytes, sizeof bytes);
	}
}

void quote_add(struct buf *out, struct span value)
{
	buf_char(out, '"');
	while (value.len) {
		struct span before = value;
		uint32_t c;
		bool valid = utf8_next(&value, &c);

		if (!valid) {
			add_escape(out, 0xfffd);
			value = span_from(value, 1);
		} else if (c == '"' || c == '\\') {
			buf_char(out, '\\');
			buf_char(out, (char)c);
		} else if (utf8_is_hidden(c)) {
			add_escape(out, c);
		} else {
			buf_add(
			    out, span_first(before, before.len - value.len));
		}
	}
	buf_char(out, '"');
}
