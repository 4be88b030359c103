#include "net/s3_error.h"

#include "core/chars.h"
#include "net/xml.h"

#include <string.h>

void s3_error_read(struct span body, char ret_code[S3_ERROR_CODE])
{
	const struct chars letters = chars_of(CHARS_ALNUM);
	struct buf code = buf_of(ret_code, S3_ERROR_CODE);

	if (!xml_text(body, "Code", &code) ||
	    !span_only(buf_span(&code), &letters))
		*ret_code = '\0';
}

bool s3_error_passes(const char *code)
{
	static const char *const codes[] = { "SlowDown", "RequestTimeout",
		"InternalError", "ServiceUnavailable", "OperationAborted",
		"ConditionalRequestConflict", "Throttling",
		"ThrottlingException" };

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return false;
}
