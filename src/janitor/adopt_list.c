#include "janitor/adopt_list.h"

#include "core/chars.h"

/* Prosody's own limit is 127; its entries need 3. */
#define DEPTH_MAX 16

/* Texts that are longer than any name are read, and not kept. */
struct text {
	char memory[ADOPT_LIST_NAME];
	struct buf buf;
};

struct reading {
	struct adopt_list *list;
	struct adopt_entry *entry;
};

/* --- bytes ----------------------------------------------------------------*/

static void step(struct adopt_list *list)
{
	if (list->next == '\n')
		list->line++;
	list->next = getc_unlocked(list->file);
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next byte that is no blank. */
static int look(struct adopt_list *list)
{
	while (is_blank(list->next))
		step(list);
	return list->next;
}

static bool skip(struct adopt_list *list, char c)
{
	if (look(list) != c)
		return false;
	step(list);
	return true;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(int c)
{
	return c == '_' || (c > 0 && c < 0x80 && ascii_alnum((char)c));
}

static void text_begin(struct text *text)
{
	text->buf = buf_of(text->memory, sizeof text->memory);
}

/* --- constants ------------------------------------------------------------*/

static int unescape(int c)
{
	switch (c) {
	case 'a':
		return '\a';
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'v':
		return '\v';
	default:
		return c;
	}
}

/* Behind a backslash. */
static bool read_escape(struct adopt_list *list, struct buf *out)
{
	int c = list->next, digits = 0;

	if (c == EOF)
		return false;
	if (!is_digit(c)) {
		step(list);
		buf_char(out, (char)unescape(c));
		return true;
	}
	for (c = 0; digits < 3 && is_digit(list->next); digits++) {
		c = 10 * c + list->next - '0';
		step(list);
	}
	if (c > 255)
		return false;
	buf_char(out, (char)c);
	return true;
}

/* Between double quotes, of which the first has been read. */
static bool read_string(struct adopt_list *list, struct buf *out)
{
	for (;;) {
		const int c = list->next;

		if (c == EOF || c == '\n')
			return false;
		step(list);
		if (c == '"')
			return true;
		if (c == '\\') {
			if (!read_escape(list, out))
				return false;
		} else {
			buf_char(out, (char)c);
		}
	}
}

/* A number, true, false, nil, a name, or (1/0) and its like. */
static bool read_word(struct adopt_list *list, struct buf *out)
{
	const struct chars others = chars_of("+-./()");

	for (look(list);
	     is_word(list->next) || (list->next > 0 && list->next < 0x80 &&
					chars_have(&others, (char)list->next));
	     step(list)) {
		/* The one that closes item( is not its own. */
		if (list->next == ')' && (!out->len || out->at[0] != '('))
			break;
		buf_char(out, (char)list->next);
	}
	return out->len > 0;
}

static bool read_constant(struct adopt_list *list, struct text *text)
{
	text_begin(text);
	if (skip(list, '"'))
		return read_string(list, &text->buf);
	return read_word(list, &text->buf);
}

/* --- tables ---------------------------------------------------------------*/

static void keep_text(char *to, size_t size, const struct text *text)
{
	struct buf out = buf_of(to, size);

	if (buf_ok(&text->buf))
		buf_add(&out, buf_span(&text->buf));
	/* With a NUL inside it would be another's. */
	if (span_find(buf_span(&out), '\0') < out.len)
		buf_reset(&out);
}

static void keep_size(struct adopt_entry *entry, const struct text *text)
{
	entry->has_size = span_u64(buf_span(&text->buf), &entry->size);
}

/* Lua writes 1732300000 or, of a clock that has fractions, 1732300000.25. */
static void keep_time(struct adopt_entry *entry, const struct text *text)
{
	const struct span whole = span_first(
	    buf_span(&text->buf), span_find(buf_span(&text->buf), '.'));
	uint64_t seconds;

	if (span_u64(whole, &seconds) && seconds < INT32_MAX * UINT64_C(64))
		entry->stored = (int64_t)seconds;
}

static void keep(struct adopt_entry *entry, unsigned depth, bool in_attr,
    struct span key, const struct text *value)
{
	if (depth == 1 && span_is(key, "key"))
		keep_text(entry->id, sizeof entry->id, value);
	else if (depth == 1 && span_is(key, "when"))
		keep_time(entry, value);
	else if (!in_attr)
		return;
	else if (span_is(key, "filename"))
		keep_text(entry->name, sizeof entry->name, value);
	else if (span_is(key, "content-type"))
		keep_text(entry->type, sizeof entry->type, value);
	else if (span_is(key, "size"))
		keep_size(entry, value);
}

static bool read_table(struct reading *reading, unsigned depth, bool in_attr);

static bool read_value(
    struct reading *reading, unsigned depth, bool in_attr, struct span key)
{
	struct text value;

	if (skip(reading->list, '{'))
		return depth < DEPTH_MAX &&
		       read_table(reading, depth + 1,
			   depth == 1 && span_is(key, "attr"));
	if (!read_constant(reading->list, &value))
		return false;
	keep(reading->entry, depth, in_attr, key, &value);
	return true;
}

/* A word is a key where = follows it, else a value. */
static bool read_field(struct reading *reading, unsigned depth, bool in_attr)
{
	struct adopt_list *list = reading->list;
	struct text key;
	const int first = look(list);

	if (first == '[') {
		step(list);
		return read_constant(list, &key) && skip(list, ']') &&
		       skip(list, '=') &&
		       read_value(reading, depth, in_attr, buf_span(&key.buf));
	}
	if (first == '{' || first == '"')
		return read_value(reading, depth, in_attr, SPAN_EMPTY);
	text_begin(&key);
	if (!read_word(list, &key.buf))
		return false;
	return !skip(list, '=') ||
	       read_value(reading, depth, in_attr, buf_span(&key.buf));
}

/* Behind its opening brace. */
static bool read_table(struct reading *reading, unsigned depth, bool in_attr)
{
	struct adopt_list *list = reading->list;

	while (!skip(list, '}')) {
		if (!read_field(reading, depth, in_attr))
			return false;
		if (!skip(list, ';') && !skip(list, ',') && look(list) != '}')
			return false;
	}
	return true;
}

/* --- the list -------------------------------------------------------------*/

void adopt_list_open(struct adopt_list *list, FILE *file)
{
	*list = (struct adopt_list){ file, 1, getc_unlocked(file) };
}

static bool read_item(struct adopt_list *list, struct adopt_entry *entry)
{
	struct reading reading = { list, entry };

	for (const char *at = "item"; *at; at++)
		if (!skip(list, *at))
			return false;
	return skip(list, '(') && skip(list, '{') &&
	       read_table(&reading, 1, false) && skip(list, ')');
}

enum adopt_listed adopt_list_next(
    struct adopt_list *list, struct adopt_entry *ret_entry)
{
	struct adopt_entry entry = { .stored = -1 };

	while (skip(list, ';'))
		continue;
	if (look(list) == EOF)
		return ferror(list->file) ? ADOPT_LIST_WRONG : ADOPT_LIST_END;
	if (!read_item(list, &entry))
		return ADOPT_LIST_WRONG;
	*ret_entry = entry;
	return ADOPT_LISTED;
}
