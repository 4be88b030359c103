#include "conf/shown.h"

#include "core/utf8.h"

void shown_put(FILE *to, const char *text)
{
	struct span rest = span_of(text);

	while (rest.len) {
		struct span before = rest;
		uint32_t code;

		if (!utf8_next(&rest, &code)) {
			rest = span_from(rest, 1);
			putc('?', to);
		} else if (utf8_is_hidden(code)) {
			putc('?', to);
		} else {
			fwrite(before.at, 1, before.len - rest.len, to);
		}
	}
}
