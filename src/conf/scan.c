#include "conf/scan.h"

#include "conf/number.h"
#include "core/buf.h"
#include "core/chars.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define INCLUDE "@include"
/* The bytes that a backslash escapes; before others it is a plain byte. */
#define ESCAPES "nrtf\\\""
/* The word is not shown: it may be a secret. */
#define UNQUOTED "is neither a number nor true nor false: put it into quotes"

/* Also a NUL at the end of the text. */
static char peek(struct span rest, size_t at)
{
	return at < rest.len ? rest.at[at] : 0;
}

/* Puts the first len bytes into the text and skips them. */
static void put(struct scan *scan, struct span *rest, size_t len)
{
	text_put(scan->reading, span_first(*rest, len));
	*rest = span_from(*rest, len);
}

/* The setting that is being read, as a dotted path. */
static const char *path_here(struct scan *scan)
{
	struct arena *arena = &scan->reading->scratch;
	const char *path = "";

	for (size_t i = 0; i < scan->level_count; i++) {
		const struct scan_level *level = &scan->levels[i];

		if (level->list)
			path = arena_print(arena, "%s[%u]", path, level->index);
		else if (level->name.len)
			path = arena_print(arena, "%s%s%.*s", path,
			    *path ? "." : "", (int)level->name.len,
			    level->name.at);
	}
	return path;
}

static void add_fault(struct scan *scan, const char *path, const char *what)
{
	const struct fault fault = {
		.line = text_line(scan->reading),
		.path = path,
		.text = what,
	};

	fault_add(&scan->reading->faults, &fault);
}

/* The setting that is being read is wrong. */
static void add_wrong(struct scan *scan, const char *what)
{
	add_fault(scan, path_here(scan), what);
}

void scan_stop(struct scan *scan, const char *why)
{
	add_fault(scan, "", why);
	scan->stop = true;
}

static void stop(struct scan *scan, struct span *rest, const char *why)
{
	scan_stop(scan, why);
	*rest = span_from(*rest, rest->len);
}

static size_t name_len(struct span rest)
{
	const struct chars name = chars_of(CHARS_ALNUM "-_*");

	return span_run(rest, &name);
}

/* Whether no name of a setting may be here. */
static bool wants_value(const struct scan *scan)
{
	return scan->levels[scan->level_count - 1].list || scan->last == '=' ||
	       scan->last == ':';
}

static void take_number(struct scan *scan, struct span *rest)
{
	const char *wrong;
	size_t len = number_scan(*rest, &wrong);
	size_t text_len = number_text_len(*rest, len);

	if (wants_value(scan) && text_len) {
		wrong = UNQUOTED;
		len = text_len;
	}
	if (!wrong) {
		put(scan, rest, len);
		return;
	}
	add_wrong(scan, wrong);
	text_put(scan->reading, span_of("0"));
	*rest = span_from(*rest, len);
}

/* libconfig leaks a string where its grammar allows none, so such strings are
 * refused here. */
static const char *misplaced_string(struct scan *scan)
{
	struct scan_level *level = &scan->levels[scan->level_count - 1];
	const struct chars before = chars_of(level->list ? "([,\"" : "=:\"");

	if (!chars_have(&before, scan->last))
		return "syntax error, here or just before";
	if (level->array && level->index > 0 && !level->strings)
		return "syntax error: the entries of [ ] must be of one type";
	level->strings = true;
	return NULL;
}

/* Whether an escape of two bytes begins here. */
static bool is_pair(struct span rest)
{
	char second = peek(rest, 1);

	return peek(rest, 0) == '\\' && second && strchr(ESCAPES, second);
}

/* The byte of \xHH; -1: no such escape is here. */
static int hex_escape(struct span rest)
{
	int high = number_digit(peek(rest, 2));
	int low = number_digit(peek(rest, 3));

	if (peek(rest, 0) != '\\' || peek(rest, 1) != 'x' || high < 0 ||
	    low < 0)
		return -1;
	return 16 * high + low;
}

/* Takes one byte of a string, or one escape. */
static void take_char(struct scan *scan, struct span *rest, struct buf *out)
{
	int byte = hex_escape(*rest);
	size_t len = byte < 0 ? 1 : 4;

	if (!*rest->at) {
		add_wrong(scan, "has a NUL byte");
		buf_char(out, '?');
	} else if (byte == 0) {
		add_wrong(
		    scan, "has a \\x00, where libconfig would end the string");
		buf_char(out, '?');
	} else if (is_pair(*rest)) {
		const char *which = strchr(ESCAPES, rest->at[1]);

		buf_char(out, "\n\r\t\f\\\""[which - ESCAPES]);
		len = 2;
	} else {
		buf_char(out, byte > 0 ? (char)byte : *rest->at);
	}
	*rest = span_from(*rest, len);
}

/* Keeps a string, and puts its number and line breaks into the text. */
static void put_string(struct scan *scan, struct span string)
{
	struct reading *reading = scan->reading;
	struct arena *arena = &reading->scratch;
	struct buf out;

	text_put(reading,
	    span_of(arena_print(arena, "\"%zu;", reading->text.string_count)));
	buf_init(&out, arena_get(arena, string.len + 1), string.len + 1);
	while (string.len) {
		if (*string.at == '\n')
			text_put(reading, span_of("\n"));
		take_char(scan, &string, &out);
	}
	text_put(reading, span_of("\""));
	text_keep_string(reading, buf_span(&out));
}

static void take_string(struct scan *scan, struct span *rest)
{
	const char *wrong = misplaced_string(scan);
	size_t end = 1;

	if (wrong) {
		stop(scan, rest, wrong);
		return;
	}
	while (end < rest->len && rest->at[end] != '"')
		end += is_pair(span_from(*rest, end)) ? 2 : 1;
	if (end >= rest->len) {
		stop(scan, rest, "this string is never closed: add a \"");
		return;
	}
	put_string(scan, span_from(span_first(*rest, end), 1));
	*rest = span_from(*rest, end + 1);
}

/* Puts only the line breaks. */
static void put_lines(struct scan *scan, struct span *rest, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (rest->at[i] == '\n')
			text_put(scan->reading, span_of("\n"));
	text_put(scan->reading, span_of(" "));
	*rest = span_from(*rest, len);
}

/* Comments are removed, because they may hold secrets. */
static void take_comment(struct scan *scan, struct span *rest)
{
	size_t end = 2;

	if (peek(*rest, 1) != '*') {
		put_lines(scan, rest, span_find(*rest, '\n'));
		return;
	}
	while (end < rest->len &&
	       !(rest->at[end] == '*' && peek(*rest, end + 1) == '/'))
		end++;
	/* libconfig would ignore the rest of the file in silence. */
	if (end >= rest->len)
		stop(scan, rest, "this comment is never closed: add */");
	else
		put_lines(scan, rest, end + 2);
}

static void take_name(struct scan *scan, struct span *rest)
{
	size_t len = name_len(*rest);

	scan->word = span_first(*rest, len);
	put(scan, rest, len);
}

/* Whether something is here where only true and false may be, or a mark: a
 * string without its quotes, as us-east-1, /etc/slotd, 'x' and ::1. */
static bool is_stray(const struct scan *scan, struct span rest)
{
	const struct chars marks = chars_of(" \t\r\n\f\v=;,()[]{}");
	struct span word = span_first(rest, name_len(rest));

	if (!wants_value(scan) || !*rest.at || chars_have(&marks, *rest.at))
		return false;
	if (*rest.at == ':')
		return strchr("=:([,", scan->last);
	return !span_equal_nocase(word, span_of("true")) &&
	       !span_equal_nocase(word, span_of("false"));
}

/* All of it is skipped: read as settings, its parts would be shown. */
static void skip_stray(struct scan *scan, struct span *rest)
{
	add_wrong(scan, UNQUOTED);
	text_put(scan->reading, span_of("stray"));
	*rest = span_from(*rest, number_word_len(*rest));
}

static void open_level(struct scan *scan, struct span *rest, bool list)
{
	if (scan->level_count == SCAN_NESTING) {
		stop(scan, rest, "groups and lists are nested too deeply");
		return;
	}
	scan->levels[scan->level_count++] = (struct scan_level){
		.list = list, .array = *rest->at == '[', .name = SPAN_EMPTY
	};
	put(scan, rest, 1);
}

/* Takes one byte that begins no other token. */
static void take_mark(struct scan *scan, struct span *rest)
{
	struct scan_level *level = &scan->levels[scan->level_count - 1];
	char mark = *rest->at;

	if (mark == '{' || mark == '(' || mark == '[') {
		open_level(scan, rest, mark != '{');
		return;
	}
	if (mark == '}' || mark == ')' || mark == ']')
		scan->level_count -= scan->level_count > 1 ? 1 : 0;
	else if ((mark == '=' || mark == ':') && !level->list) {
		level->name = scan->word;
		if (++level->members > SCAN_MEMBERS) {
			stop(
			    scan, rest, "more than 1000 settings in one group");
			return;
		}
	} else if (mark == ',' && level->list)
		level->index++;
	else if (mark == 0) {
		stop(scan, rest, "NUL byte: this is not a text file");
		return;
	}
	put(scan, rest, 1);
}

/* Takes @include "name" at the start of a line; the rest of the line is
 * ordinary text. */
static bool take_include(
    struct scan *scan, struct span *rest, struct span *ret_name)
{
	struct span line =
	    span_trim(span_first(*rest, span_find(*rest, '\n')), " \t\r");
	struct span name =
	    span_trim(span_from(line, sizeof INCLUDE - 1), " \t");
	char *path;
	size_t len = 0, at = 1;

	if (!span_starts(line, INCLUDE "\t") && !span_starts(line, INCLUDE " "))
		return false;
	if (!span_starts(name, "\""))
		return false;
	path = arena_get(&scan->reading->scratch, name.len + 1);
	while (at < name.len && name.at[at] != '"') {
		if (name.at[at] == '\\' && at + 1 < name.len)
			at++;
		path[len++] = name.at[at++];
	}
	if (at >= name.len)
		return false;
	*rest = span_from(*rest, (size_t)(name.at + at + 1 - rest->at));
	*ret_name = (struct span){ path, len };
	return true;
}

static void take_token(struct scan *scan, struct span *rest)
{
	char first = peek(*rest, 0), second = peek(*rest, 1);

	if (first == '#' ||
	    (first == '/' && (second == '/' || second == '*'))) {
		take_comment(scan, rest);
		return;
	}
	if (first == '"')
		take_string(scan, rest);
	else if (first && strchr(CHARS_DIGIT "-+.", first))
		take_number(scan, rest);
	else if (is_stray(scan, *rest))
		skip_stray(scan, rest);
	else if (ascii_alnum(first) || first == '*')
		take_name(scan, rest);
	else
		take_mark(scan, rest);
	if (!strchr(" \t\r\n\f", first))
		scan->last = first;
}

void scan_init(struct scan *scan, struct reading *reading)
{
	*scan =
	    (struct scan){ .reading = reading, .level_count = 1, .last = ';' };
}

void scan_begin(struct scan *scan, struct span *rest)
{
	if (!span_starts(*rest, BYTE_ORDER_MARK))
		return;
	add_fault(scan, "",
	    "the file begins with a byte order mark: save the file without "
	    "one");
	*rest = span_from(*rest, sizeof BYTE_ORDER_MARK - 1);
}

bool scan_next(struct scan *scan, struct span *rest, struct span *ret_include)
{
	bool line_start = true;

	while (rest->len && !scan->stop) {
		if (line_start && take_include(scan, rest, ret_include))
			return true;
		line_start = *rest->at == '\n';
		if (rest->len)
			take_token(scan, rest);
	}
	return false;
}
