#include "conf/value.h"

#include "conf/paths.h"
#include "slot/auth.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#define KEY_ID_MAX 256
#define UNIX_PATH_MAX (sizeof((struct sockaddr_un){ 0 }).sun_path - 1)

static const char *type_name(enum node_type type)
{
	static const char *const names[] = {
		[NODE_GROUP] = "a group { }",
		[NODE_LIST] = "a list ( )",
		[NODE_INTEGER] = "an integer",
		[NODE_FLOAT] = "a decimal number",
		[NODE_STRING] = "a string",
		[NODE_BOOLEAN] = "a boolean",
	};

	return names[type];
}

static bool wrong_type(const struct node *node, const char *wanted)
{
	return node_wrong(
	    node, "must be %s, not %s", wanted, type_name(node->type));
}

bool value_group(const struct node *node)
{
	return node->type == NODE_GROUP || wrong_type(node, "a group { }");
}

void value_boolean(const struct node *node, void *into)
{
	if (node->type == NODE_BOOLEAN)
		*(bool *)into = node->integer != 0;
	else
		wrong_type(node, "true or false");
}

bool value_integer(
    const struct node *node, int64_t min, int64_t max, int64_t *ret_value)
{
	int64_t value;

	if (node->type != NODE_INTEGER)
		return wrong_type(node, "an integer");
	value = node->integer;
	if (value < min || value > max)
		return node_wrong(node, "must be from %lld to %lld",
		    (long long)min, (long long)max);
	*ret_value = value;
	return true;
}

bool value_text(const struct node *node, struct span *ret_text)
{
	struct span text;

	if (node->type != NODE_STRING)
		return wrong_type(node, "a string");
	text = span_of(node->string);
	if (text.len == 0)
		return node_wrong(node, "is empty");
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.at[i] >= ' ' && text.at[i] != 127)
			continue;
		return node_wrong(node, "has a control character");
	}
	*ret_text = text;
	return true;
}

const char *value_words(const struct node *node, const char *words)
{
	const char *list = "";
	struct span rest = span_of(words);

	while (rest.at) {
		const char *comma = rest.at == words ? "" : ", ";
		struct span word = span_cut(&rest, '|');

		list = arena_print(node_scratch(node), "%s%s\"%.*s\"", list,
		    *comma && !rest.at ? " or " : comma, (int)word.len,
		    word.at);
	}
	return list;
}

bool value_word(
    const struct node *node, const char *words, unsigned *ret_number)
{
	struct span rest = span_of(words), text;

	if (!value_text(node, &text))
		return false;
	for (unsigned number = 0; rest.at; number++) {
		if (!span_equal(text, span_cut(&rest, '|')))
			continue;
		*ret_number = number;
		return true;
	}
	return node_wrong(node, "must be %s", value_words(node, words));
}

bool value_checked(
    const struct node *node, value_rule *rule, struct span *ret_text)
{
	struct span text;
	const char *wrong;

	if (!value_text(node, &text))
		return false;
	wrong = rule ? rule(node->reading->conf, text) : NULL;
	if (wrong)
		return node_wrong(node, "%s", wrong);
	*ret_text = arena_copy(node_keep(node), text);
	return true;
}

const char *value_id(const struct conf *conf, struct span text)
{
	(void)conf;
	return auth_id_valid(text) ? NULL
				   : "must be 1 to 64 letters, digits, dots, "
				     "underscores or hyphens";
}

const char *value_key_id(const struct conf *conf, struct span text)
{
	(void)conf;
	if (text.len <= KEY_ID_MAX && span_visible(text) &&
	    span_find(text, '/') == text.len)
		return NULL;
	return "must be at most 256 ASCII characters, without spaces or /";
}

bool value_url(
    const struct node *node, struct span *ret_url, struct uri_base *ret_parts)
{
	const char *wrong;
	struct span text;
	struct buf out;

	if (!value_text(node, &text))
		return false;
	buf_init(
	    &out, arena_get(node_keep(node), text.len + 16), text.len + 16);
	if (!uri_base_parse(text, &out, ret_parts, &wrong))
		return node_wrong(node, "%s", wrong);
	*ret_url = buf_span(&out);
	return true;
}

bool value_path(const struct node *node, const char **ret_path)
{
	const char *path;
	struct span text;

	if (!value_text(node, &text))
		return false;
	path = arena_print(node_keep(node), "%s%s",
	    span_starts(text, "/") ? "" : node->reading->folder, text.at);
	paths_add(node, path);
	*ret_path = path;
	return true;
}

bool value_unix_path(const struct node *node, const char **ret_path)
{
	const char *path;

	if (!value_path(node, &path))
		return false;
	if (strlen(path) > UNIX_PATH_MAX)
		return node_wrong(node,
		    "is longer than %zu bytes, the limit of a unix socket's "
		    "path",
		    UNIX_PATH_MAX);
	*ret_path = path;
	return true;
}

bool value_size(const struct node *node, uint64_t *ret_bytes)
{
	struct span text;
	const char *wrong;

	if (node->type == NODE_INTEGER) {
		if (node->integer < 0)
			return node_wrong(node, "must not be negative");
		*ret_bytes = (uint64_t)node->integer;
		return true;
	}
	if (node->type != NODE_STRING)
		return wrong_type(
		    node, "an integer or a string such as \"100 MiB\"");
	if (!value_text(node, &text))
		return false;
	if (!value_size_parse(text, ret_bytes, &wrong))
		return node_wrong(node, "%s", wrong);
	return true;
}

bool value_list(const struct node *node, const char *of_what)
{
	char wanted[64];

	if (node->type == NODE_LIST)
		return true;
	snprintf(wanted, sizeof wanted, "a list ( ) of %s", of_what);
	return wrong_type(node, wanted);
}

void value_items(const struct node *node, value_item *read,
    const struct span **ret_items, size_t *ret_count)
{
	struct span *items, text = SPAN_EMPTY;
	size_t count = 0;

	if (!value_list(node, "strings"))
		return;
	items = arena_get(node_keep(node), (node->count + 1) * sizeof *items);
	for (size_t i = 0; i < node->count; i++) {
		const struct node *item = node_at(node, i);

		if (value_text(item, &text) && read(item, text, &items[count]))
			count++;
	}
	*ret_items = items;
	*ret_count = count;
}

/* --- sizes ----------------------------------------------------------------*/

static const struct {
	const char *name;
	uint64_t bytes;
} units[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "KB", 1000 },
	{ "MB", 1000000 },
	{ "GB", 1000000000 },
	{ "TB", 1000000000000 },
	{ "KiB", 1024 },
	{ "MiB", 1048576 },
	{ "GiB", 1073741824 },
	{ "TiB", 1099511627776 },
};
#define COUNT (sizeof units / sizeof *units)

static size_t digits_len(struct span text)
{
	size_t len = 0;

	while (len < text.len && text.at[len] >= '0' && text.at[len] <= '9')
		len++;
	return len;
}

bool value_size_parse(
    struct span text, uint64_t *ret_bytes, const char **ret_wrong)
{
	struct span all = span_trim(text, " \t");
	size_t len = digits_len(all);
	struct span unit = span_trim(span_from(all, len), " \t");
	uint64_t number;

	if (len == 0) {
		*ret_wrong = "must begin with digits, as in \"100 MiB\"";
		return false;
	}
	if (span_starts(unit, ".") || span_starts(unit, ",")) {
		*ret_wrong = "must be a whole number: use a smaller unit";
		return false;
	}
	for (size_t i = 0; i < COUNT; i++) {
		if (!span_equal_nocase(unit, span_of(units[i].name)))
			continue;
		if (!span_u64(span_first(all, len), &number) ||
		    number > INT64_MAX / units[i].bytes) {
			*ret_wrong = "is beyond 64 bits";
			return false;
		}
		*ret_bytes = number * units[i].bytes;
		return true;
	}
	*ret_wrong = "has an unknown unit: use B, KB, MB, GB, TB (powers of "
		     "1000), KiB, MiB, GiB or TiB (powers of 1024)";
	return false;
}

void value_size_write(uint64_t bytes, char ret_text[VALUE_SIZE_TEXT])
{
	size_t best = COUNT;

	/* The largest unit that divides it. */
	for (size_t i = 0; bytes && i < COUNT; i++)
		if (bytes % units[i].bytes == 0 && units[i].bytes > 1 &&
		    (best == COUNT || units[best].bytes < units[i].bytes))
			best = i;
	if (best < COUNT) {
		snprintf(ret_text, VALUE_SIZE_TEXT, "%" PRIu64 " %s",
		    bytes / units[best].bytes, units[best].name);
		return;
	}
	snprintf(ret_text, VALUE_SIZE_TEXT, "%" PRIu64 " byte%s", bytes,
	    bytes == 1 ? "" : "s");
}
