#include "conf/raw.h"

#include "core/buf.h"
#include "core/chars.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define INCLUDE "@include"
#define NAME_CHARS CHARS_ALNUM "-_*"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

/* A NUL, too, when there is nothing. */
static char peek(struct span rest, size_t at)
{
	return at < rest.len ? rest.at[at] : 0;
}

/* Puts the first len bytes and goes on behind them. */
static void put(struct raw *raw, struct span *rest, size_t len)
{
	raw_put(raw, span_first(*rest, len));
	*rest = span_from(*rest, len);
}

/* The setting that is being read, as a dotted path. */
static const char *path_here(struct raw *raw)
{
	size_t size = 1;
	struct buf path;

	for (size_t i = 0; i < raw->level_count; i++)
		size += raw->levels[i].name.len + 24;
	buf_init(&path, memory_get(raw->memory, size), size);
	for (size_t i = 0; i < raw->level_count; i++) {
		const struct raw_level *level = &raw->levels[i];

		if (level->list) {
			buf_char(&path, '[');
			buf_u64(&path, level->index);
			buf_char(&path, ']');
			continue;
		}
		if (path.len && level->name.len)
			buf_char(&path, '.');
		buf_add(&path, level->name);
	}
	return path.at;
}

/* `what` begins at the start of rest. */
static void add_fault(struct raw *raw, const char *path, const char *what)
{
	fault_add(
	    raw->faults, (unsigned)raw->faults->place_count, path, "%s", what);
}

void raw_wrong(struct raw *raw, const char *what)
{
	add_fault(raw, path_here(raw), what);
}

static void stop(struct raw *raw, struct span *rest, const char *why)
{
	add_fault(raw, "", why);
	raw->stop = true;
	*rest = span_from(*rest, rest->len);
}

/* How often L stands behind a number. */
static size_t suffix_len(struct span rest)
{
	size_t len = 0;

	while (len < 2 && peek(rest, len) == 'L')
		len++;
	return len;
}

static unsigned digit_value(char c)
{
	return is_digit(c) ? (unsigned)(c - '0')
			   : (unsigned)(ascii_lower(c) - 'a') + 10;
}

static const char *number_fault(
    struct span digits, unsigned base, bool negative, bool wide)
{
	const uint64_t limit64 = (uint64_t)INT64_MAX + (negative ? 1 : 0);
	const uint64_t limit32 = (uint64_t)INT32_MAX + (negative ? 1 : 0);
	uint64_t value = 0;

	if (base == 10 && digits.len > 1 && digits.at[0] == '0')
		return "is a number with a leading zero, which versions of "
		       "libconfig read differently: leave the zero out (a "
		       "file mode is a string, \"0660\")";
	for (size_t i = 0; i < digits.len; i++) {
		unsigned digit = digit_value(digits.at[i]);

		if (value > (limit64 - digit) / base)
			return "is beyond 64 bits";
		value = value * base + digit;
	}
	if (!wide && value > limit32)
		return "is beyond 32 bits: put an L behind it (5368709120L), "
		       "or write a size as a string (\"5 GiB\")";
	return NULL;
}

static void take_number(struct raw *raw, struct span *rest)
{
	size_t sign = peek(*rest, 0) == '-' || peek(*rest, 0) == '+';
	bool hex = !sign && peek(*rest, 0) == '0' &&
		   ascii_lower(peek(*rest, 1)) == 'x' && is_hex(peek(*rest, 2));
	size_t start = hex ? 2 : sign, end = start;
	size_t suffix;
	const char *wrong;

	while (hex ? is_hex(peek(*rest, end)) : is_digit(peek(*rest, end)))
		end++;
	if (!hex &&
	    (peek(*rest, end) == '.' || ascii_lower(peek(*rest, end)) == 'e')) {
		while (end < rest->len &&
		       span_only((struct span){ rest->at + end, 1 },
			   "0123456789.eE+-"))
			end++;
		put(raw, rest, end);
		return;
	}
	if (end == start) {
		put(raw, rest, 1);
		return;
	}
	suffix = suffix_len(span_from(*rest, end));
	wrong = number_fault((struct span){ rest->at + start, end - start },
	    hex ? 16 : 10, sign && rest->at[0] == '-', suffix > 0);
	if (wrong) {
		add_fault(raw, path_here(raw), wrong);
		raw_put(raw, span_of("0"));
		*rest = span_from(*rest, end + suffix);
	} else {
		put(raw, rest, end + suffix);
	}
}

/* Where libconfig would refuse a string, it would also leak it. */
static const char *misplaced_string(struct raw *raw)
{
	struct raw_level *level = &raw->levels[raw->level_count - 1];
	struct span last = { &raw->last, 1 };

	if (!span_only(last, level->list ? "([,\"" : "=:\""))
		return "syntax error, here or just before";
	if (level->array && level->index > 0 && !level->strings)
		return "syntax error: the entries of [ ] must be of one type";
	level->strings = true;
	return NULL;
}

static void take_string(struct raw *raw, struct span *rest)
{
	const char *wrong = misplaced_string(raw);
	size_t end = 1;

	if (wrong) {
		stop(raw, rest, wrong);
		return;
	}
	while (end < rest->len && rest->at[end] != '"')
		end += raw_pair(span_from(*rest, end)) ? 2 : 1;
	if (end >= rest->len) {
		stop(raw, rest, "the string that begins here has no end");
		return;
	}
	raw_put_string(raw, span_first(*rest, end));
	*rest = span_from(*rest, end + 1);
}

/* Only its lines. */
static void put_lines(struct raw *raw, struct span *rest, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (rest->at[i] == '\n')
			raw_put(raw, span_of("\n"));
	raw_put(raw, span_of(" "));
	*rest = span_from(*rest, len);
}

/* It may have a secret, too. */
static void take_comment(struct raw *raw, struct span *rest)
{
	size_t end = 2;

	if (peek(*rest, 1) != '*') {
		put_lines(raw, rest, span_find(*rest, '\n'));
		return;
	}
	while (end < rest->len &&
	       !(rest->at[end] == '*' && peek(*rest, end + 1) == '/'))
		end++;
	/* libconfig would take it for the end of the file. */
	if (end >= rest->len)
		stop(raw, rest, "the comment that begins here has no end");
	else
		put_lines(raw, rest, end + 2);
}

static void take_name(struct raw *raw, struct span *rest)
{
	size_t len = 0;

	while (len < rest->len &&
	       span_only((struct span){ rest->at + len, 1 }, NAME_CHARS))
		len++;
	raw->word = span_first(*rest, len);
	put(raw, rest, len);
}

/* Whether nothing but true and false may stand here: a word is a string whose
 * quotes were forgotten. */
static bool is_stray(const struct raw *raw, struct span rest)
{
	const struct raw_level *level = &raw->levels[raw->level_count - 1];
	size_t len = span_run(rest, NAME_CHARS);

	return (level->list || raw->last == '=' || raw->last == ':') &&
	       !span_equal_nocase(span_first(rest, len), span_of("true")) &&
	       !span_equal_nocase(span_first(rest, len), span_of("false"));
}

static void skip_stray(struct raw *raw, struct span *rest)
{
	raw_put(raw, span_of("stray"));
	*rest = span_from(*rest, span_run(*rest, NAME_CHARS));
}

static void open_level(struct raw *raw, struct span *rest, bool list)
{
	if (raw->level_count == RAW_NESTING) {
		stop(raw, rest, "too many groups and lists in each other");
		return;
	}
	raw->levels[raw->level_count++] = (struct raw_level){
		.list = list, .array = *rest->at == '[', .name = SPAN_EMPTY
	};
	put(raw, rest, 1);
}

/* Whatever else there is: one byte. */
static void take_mark(struct raw *raw, struct span *rest)
{
	struct raw_level *level = &raw->levels[raw->level_count - 1];
	char mark = *rest->at;

	if (mark == '{' || mark == '(' || mark == '[') {
		open_level(raw, rest, mark != '{');
		return;
	}
	if (mark == '}' || mark == ')' || mark == ']')
		raw->level_count -= raw->level_count > 1 ? 1 : 0;
	else if ((mark == '=' || mark == ':') && !level->list) {
		level->name = raw->word;
		if (++level->members > RAW_MEMBERS) {
			stop(raw, rest, "more than 1000 settings in one group");
			return;
		}
	} else if (mark == ',' && level->list)
		level->index++;
	else if (mark == 0) {
		stop(raw, rest, "a NUL byte stands here: this is no text");
		return;
	}
	put(raw, rest, 1);
}

/* A line that begins with @include "name"; what follows is read on. */
static bool take_include(struct raw *raw, struct span *rest)
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
	path = memory_get(raw->memory, name.len + 1);
	while (at < name.len && name.at[at] != '"') {
		if (name.at[at] == '\\' && at + 1 < name.len)
			at++;
		path[len++] = name.at[at++];
	}
	if (at >= name.len)
		return false;
	*rest = span_from(*rest, (size_t)(name.at + at + 1 - rest->at));
	if (memchr(path, '\0', len))
		raw_wrong(raw, "@include: the name has a NUL byte");
	else
		raw_include(raw, (struct span){ path, len });
	return true;
}

static void take_token(struct raw *raw, struct span *rest)
{
	char first = peek(*rest, 0), second = peek(*rest, 1);

	if (first == '#' ||
	    (first == '/' && (second == '/' || second == '*'))) {
		take_comment(raw, rest);
		return;
	}
	if (first == '"')
		take_string(raw, rest);
	else if (is_digit(first) || first == '-' || first == '+' ||
		 first == '.')
		take_number(raw, rest);
	else if (!ascii_alnum(first) && first != '*')
		take_mark(raw, rest);
	else if (is_stray(raw, *rest))
		skip_stray(raw, rest);
	else
		take_name(raw, rest);
	if (!strchr(" \t\r\n\f", first))
		raw->last = first;
}

void raw_scan(struct raw *raw, struct span text)
{
	bool line_start = true;

	if (span_starts(text, BYTE_ORDER_MARK)) {
		add_fault(raw, "",
		    "the file begins with a byte order mark: save it without");
		text = span_from(text, sizeof BYTE_ORDER_MARK - 1);
	}
	while (text.len && !raw->stop) {
		if (line_start && take_include(raw, &text))
			continue;
		line_start = *text.at == '\n';
		if (text.len)
			take_token(raw, &text);
	}
}
