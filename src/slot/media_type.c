#include "slot/media_type.h"

#include "core/chars.h"
#include "slot/filename.h"

static bool token(struct span text)
{
	return text.len > 0 && span_only(text, &chars_token);
}

/* Takes the longest token, maybe empty, off the front of *rest. */
static struct span take_token(struct span *rest)
{
	size_t len = span_run(*rest, &chars_token);
	struct span head = span_first(*rest, len);

	*rest = span_from(*rest, len);
	return head;
}

static bool take_char(struct span *rest, char c)
{
	if (rest->len == 0 || rest->at[0] != c)
		return false;
	*rest = span_from(*rest, 1);
	return true;
}

static bool take_quoted(struct span *rest)
{
	if (!take_char(rest, '"'))
		return false;
	while (rest->len > 0 && rest->at[0] != '"') {
		bool escape = take_char(rest, '\\');
		if (escape && rest->len == 0)
			return false;
		*rest = span_from(*rest, 1);
	}
	return take_char(rest, '"');
}

static void skip_blanks(struct span *rest)
{
	while (take_char(rest, ' '))
		;
}

/* *( OWS ";" OWS [ parameter ] ), RFC 9110, section 5.6.6. */
static bool parameters_valid(struct span rest)
{
	while (rest.len > 0) {
		skip_blanks(&rest);
		if (!take_char(&rest, ';'))
			return false;
		skip_blanks(&rest);
		if (take_token(&rest).len == 0)
			continue;
		if (!take_char(&rest, '='))
			return false;
		if (take_token(&rest).len == 0 && !take_quoted(&rest))
			return false;
	}
	return true;
}

bool media_type_valid(struct span type)
{
	if (type.len > MEDIA_TYPE_MAX || !span_printable(type))
		return false;
	return take_token(&type).len > 0 && take_char(&type, '/') &&
	       take_token(&type).len > 0 && parameters_valid(type);
}

struct span media_type_hint(struct span text)
{
	struct span type = span_trim(text, " \t");

	return media_type_valid(type) ? type : SPAN_EMPTY;
}

struct span media_type_essence(struct span type)
{
	return span_trim(span_first(type, span_find(type, ';')), " \t");
}

bool media_type_matches(struct span type, struct span pattern)
{
	struct span essence = media_type_essence(type);

	if (span_is(pattern, "*/*"))
		return true;
	if (pattern.len < 2 ||
	    !span_is(span_from(pattern, pattern.len - 2), "/*"))
		return span_equal_nocase(essence, pattern);
	struct span start = span_first(pattern, pattern.len - 1);
	return essence.len > start.len &&
	       span_equal_nocase(span_first(essence, start.len), start);
}

bool media_type_pattern_valid(struct span pattern)
{
	size_t slash = span_find(pattern, '/');
	struct span type = span_first(pattern, slash);
	struct span subtype = span_from(pattern, slash + 1);

	if (pattern.len > MEDIA_TYPE_MAX || !token(type) || !token(subtype))
		return false;
	if (span_is(type, "*"))
		return span_is(subtype, "*");
	return span_find(type, '*') == type.len &&
	       (span_is(subtype, "*") ||
		   span_find(subtype, '*') == subtype.len);
}

/* Sorted by ending. */
static const struct {
	const char *ending;
	const char *type;
} usual[] = {
	{ "3gp", "video/3gpp" },
	{ "7z", "application/x-7z-compressed" },
	{ "aac", "audio/aac" },
	{ "amr", "audio/amr" },
	{ "apk", "application/vnd.android.package-archive" },
	{ "avif", "image/avif" },
	{ "bmp", "image/bmp" },
	{ "bz2", "application/x-bzip2" },
	{ "c", "text/plain" },
	{ "conf", "text/plain" },
	{ "css", "text/css" },
	{ "csv", "text/csv" },
	{ "deb", "application/vnd.debian.binary-package" },
	{ "diff", "text/plain" },
	{ "doc", "application/msword" },
	{ "docx", "application/vnd.openxmlformats-officedocument"
		  ".wordprocessingml.document" },
	{ "epub", "application/epub+zip" },
	{ "flac", "audio/flac" },
	{ "gif", "image/gif" },
	{ "gpx", "application/gpx+xml" },
	{ "gz", "application/gzip" },
	{ "heic", "image/heic" },
	{ "heif", "image/heif" },
	{ "htm", "text/html" },
	{ "html", "text/html" },
	{ "ics", "text/calendar" },
	{ "jpeg", "image/jpeg" },
	{ "jpg", "image/jpeg" },
	{ "js", "text/javascript" },
	{ "json", "application/json" },
	{ "jxl", "image/jxl" },
	{ "log", "text/plain" },
	{ "m4a", "audio/mp4" },
	{ "m4v", "video/mp4" },
	{ "md", "text/markdown" },
	{ "mjs", "text/javascript" },
	{ "mkv", "video/matroska" },
	{ "mov", "video/quicktime" },
	{ "mp3", "audio/mpeg" },
	{ "mp4", "video/mp4" },
	{ "mpeg", "video/mpeg" },
	{ "mpg", "video/mpeg" },
	{ "odp", "application/vnd.oasis.opendocument.presentation" },
	{ "ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ "odt", "application/vnd.oasis.opendocument.text" },
	{ "oga", "audio/ogg" },
	{ "ogg", "audio/ogg" },
	{ "ogv", "video/ogg" },
	{ "opus", "audio/ogg" },
	{ "patch", "text/plain" },
	{ "pdf", "application/pdf" },
	{ "png", "image/png" },
	{ "ppt", "application/vnd.ms-powerpoint" },
	{ "pptx", "application/vnd.openxmlformats-officedocument"
		  ".presentationml.presentation" },
	{ "rar", "application/vnd.rar" },
	{ "rtf", "application/rtf" },
	{ "svg", "image/svg+xml" },
	{ "tar", "application/x-tar" },
	{ "tif", "image/tiff" },
	{ "tiff", "image/tiff" },
	{ "txt", "text/plain" },
	{ "vcf", "text/vcard" },
	{ "wav", "audio/wav" },
	{ "weba", "audio/webm" },
	{ "webm", "video/webm" },
	{ "webp", "image/webp" },
	{ "xhtml", "application/xhtml+xml" },
	{ "xls", "application/vnd.ms-excel" },
	{ "xlsx", "application/vnd.openxmlformats-officedocument"
		  ".spreadsheetml.sheet" },
	{ "xml", "application/xml" },
	{ "xz", "application/x-xz" },
	{ "zip", "application/zip" },
	{ "zst", "application/zstd" },
};

struct span media_type_of_ending(struct span ending)
{
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (span_is(ending, usual[i].ending))
			return span_of(usual[i].type);
	}
	return span_of(MEDIA_TYPE_UNKNOWN);
}

struct span media_type_of_name(struct span name)
{
	char memory[FILENAME_ENDING_MAX + 1];
	struct buf ending = buf_of(memory, sizeof memory);

	/* A dot before the last slash begins no ending: a slash is in none. */
	filename_ending(name, &ending);
	return media_type_of_ending(buf_span(&ending));
}

bool media_type_inline(struct span type)
{
	static const char *const patterns[] = { "image/png", "image/jpeg",
		"image/gif", "image/webp", "image/avif", "image/heic",
		"audio/*", "video/*", "text/plain" };
	struct span essence = media_type_essence(type);

	if (essence.len >= 4 &&
	    span_equal_nocase(
		span_from(essence, essence.len - 4), span_of("+xml")))
		return false;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (media_type_matches(essence, span_of(patterns[i])))
			return true;
	}
	return false;
}
