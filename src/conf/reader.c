#include "conf/reader.h"

#include "conf/paths.h"
#include "conf/sizes.h"

#include <stdarg.h>
#include <string.h>

#define TEXT_MAX 512

/* The path of a setting, or of a member that a group lacks. */
static const char *path_of(
    struct reader *reader, const struct node *node, const char *member)
{
	char memory[1024];
	struct buf path;

	buf_init(&path, memory, sizeof memory);
	node_path(node, &path);
	if (member && path.len)
		buf_char(&path, '.');
	if (member)
		buf_text(&path, member);
	return memory_copy(reader->scratch, buf_span(&path)).at;
}

void node_wrong(
    struct reader *reader, const struct node *node, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	fault_add(reader->faults, node_line(node), path_of(reader, node, NULL),
	    "%s", text);
}

void node_warn(
    struct reader *reader, const struct node *node, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	warning_add(reader->faults, node_line(node),
	    path_of(reader, node, NULL), "%s", text);
}

void node_missing(struct reader *reader, const struct node *group,
    const char *name, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	if (reader->incomplete)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	fault_add(reader->faults, node_line(group),
	    path_of(reader, group, name), "missing: %s", text);
}

static const char *type_name(enum node_type type)
{
	static const char *const names[] = {
		[NODE_GROUP] = "a group { }",
		[NODE_LIST] = "a list ( )",
		[NODE_INTEGER] = "an integer",
		[NODE_FLOAT] = "a number with a point or exponent",
		[NODE_STRING] = "a string",
		[NODE_BOOLEAN] = "a boolean",
	};

	return names[type];
}

static bool wrong_type(
    struct reader *reader, const struct node *node, const char *wanted)
{
	node_wrong(reader, node, "must be %s, not %s", wanted,
	    type_name(node_type(node)));
	return false;
}

bool read_group(struct reader *reader, const struct node *node)
{
	return node_type(node) == NODE_GROUP ||
	       wrong_type(reader, node, "a group { }");
}

bool read_boolean(
    struct reader *reader, const struct node *node, bool *ret_value)
{
	if (node_type(node) != NODE_BOOLEAN)
		return wrong_type(reader, node, "true or false");
	*ret_value = node_boolean(node);
	return true;
}

bool read_integer(struct reader *reader, const struct node *node, int64_t min,
    int64_t max, int64_t *ret_value)
{
	int64_t value;

	if (node_type(node) != NODE_INTEGER)
		return wrong_type(reader, node, "an integer");
	value = node_integer(node);
	if (value < min || value > max) {
		node_wrong(reader, node, "must be from %lld to %lld",
		    (long long)min, (long long)max);
		return false;
	}
	*ret_value = value;
	return true;
}

bool read_text(
    struct reader *reader, const struct node *node, struct span *ret_text)
{
	struct span text;

	if (node_type(node) != NODE_STRING)
		return wrong_type(reader, node, "a string");
	text = span_of(node_string(node));
	if (text.len == 0) {
		node_wrong(reader, node, "is empty");
		return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.at[i] >= ' ' && text.at[i] != 127)
			continue;
		node_wrong(reader, node, "has a control character");
		return false;
	}
	*ret_text = text;
	return true;
}

bool read_word(struct reader *reader, const struct node *node,
    const char *words, unsigned *ret_number)
{
	struct span rest = span_of(words), text;
	unsigned number = 0;
	char list[128];
	struct buf out;

	if (!read_text(reader, node, &text))
		return false;
	buf_init(&out, list, sizeof list);
	for (; rest.at; number++) {
		struct span word = span_cut(&rest, '|');

		if (span_equal(text, word)) {
			*ret_number = number;
			return true;
		}
		buf_text(&out, !out.len ? "\"" : rest.at ? ", \"" : " or \"");
		buf_add(&out, word);
		buf_char(&out, '"');
	}
	node_wrong(reader, node, "must be %s", list);
	return false;
}

bool read_path(
    struct reader *reader, const struct node *node, const char **ret_path)
{
	struct span text, folder;
	char *path;

	if (!read_text(reader, node, &text))
		return false;
	folder = span_of(span_starts(text, "/") ? "" : reader->folder);
	path = memory_get(reader->keep, folder.len + text.len + 1);
	memcpy(path, folder.at, folder.len);
	memcpy(path + folder.len, text.at, text.len);
	paths_add(reader, node, path);
	*ret_path = path;
	return true;
}

const char *parent_folder(struct reader *reader, const char *path)
{
	struct span text = span_of(path);
	size_t slash = span_find_last(text, '/');

	if (slash == text.len)
		return ".";
	return memory_copy(reader->scratch, span_first(text, slash ? slash : 1))
	    .at;
}

bool read_size(
    struct reader *reader, const struct node *node, uint64_t *ret_bytes)
{
	struct span text;
	const char *wrong;

	if (node_type(node) == NODE_INTEGER) {
		if (node_integer(node) < 0) {
			node_wrong(reader, node, "must not be negative");
			return false;
		}
		*ret_bytes = (uint64_t)node_integer(node);
		return true;
	}
	if (node_type(node) != NODE_STRING)
		return wrong_type(
		    reader, node, "an integer or a string such as \"100 MiB\"");
	if (!read_text(reader, node, &text))
		return false;
	if (!size_parse(text, ret_bytes, &wrong)) {
		node_wrong(reader, node, "%s", wrong);
		return false;
	}
	return true;
}

bool read_list(
    struct reader *reader, const struct node *node, const char *of_what)
{
	char wanted[64];

	if (node_type(node) == NODE_LIST)
		return true;
	snprintf(wanted, sizeof wanted, "a list ( ) of %s", of_what);
	return wrong_type(reader, node, wanted);
}

void read_items(struct reader *reader, const struct node *node,
    item_reader *read, const struct span **ret_items, size_t *ret_count)
{
	struct span *items;
	size_t count = 0;

	if (!read_list(reader, node, "strings"))
		return;
	items =
	    memory_get(reader->keep, (node_count(node) + 1) * sizeof *items);
	for (size_t i = 0; i < node_count(node); i++) {
		const struct node *item = node_at(node, i);
		struct span text;

		if (read_text(reader, item, &text) &&
		    read(reader, item, text, &items[count]))
			count++;
	}
	*ret_items = items;
	*ret_count = count;
}
