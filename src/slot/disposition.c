#include "slot/disposition.h"

#include "core/uri.h"

void disposition_attachment(struct buf *out, struct span name)
{
	buf_text(out, "attachment; filename=\"");
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.at[i];

		/* Quotes, backslashes and percent signs are read in many
		 * ways; one '_' for each character of several bytes. */
		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\' ||
		    c == '%') {
			if ((c & 0xc0) != 0x80)
				buf_char(out, '_');
		} else {
			buf_char(out, (char)c);
		}
	}
	buf_text(out, "\"; filename*=UTF-8''");
	/* All that percent-encoding leaves as it is may stand there. */
	uri_encode(out, name);
}
