#include "conf/value.h"

#include "conf/paths.h"
#include "core/amount.h"
#include "core/chars.h"
#include "core/ip.h"
#include "slot/auth.h"

#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#define KEY_ID_MAX 256
#define HOST_MAX 253
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

/* Underscores occur in names of containers. */
const char *value_host(const struct conf *conf, struct span text)
{
	struct ip ip;

	(void)conf;
	/* An address may have an interface: fe80::1%eth0. */
	if (ip_parse(span_first(text, span_find(text, '%')), &ip))
		return NULL;
	if (text.len <= HOST_MAX && *text.at != '.' && *text.at != '-' &&
	    span_only(text, &chars_id))
		return NULL;
	return "must be a host name or an IP address, without a port";
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
	paths_use(node, CONF_LEAVES);
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
	if (!amount_bytes_read(text, ret_bytes, &wrong))
		return node_wrong(node, "%s", wrong);
	return true;
}

bool value_seconds(
    const struct node *node, uint32_t min, uint32_t max, uint32_t *ret_seconds)
{
	struct span text;
	const char *wrong;
	uint64_t seconds;
	int64_t number = 0;

	if (node->type != NODE_STRING && node->type != NODE_INTEGER)
		return wrong_type(
		    node, "an integer or a string such as \"30 days\"");
	if (node->type == NODE_INTEGER) {
		if (!value_integer(node, min, max, &number))
			return false;
		*ret_seconds = (uint32_t)number;
		return true;
	}
	if (!value_text(node, &text))
		return false;
	if (!amount_seconds_read(text, &seconds, &wrong))
		return node_wrong(node, "%s", wrong);
	if (seconds < min || seconds > max)
		return node_wrong(node, "must be from %lu to %lu seconds",
		    (unsigned long)min, (unsigned long)max);
	*ret_seconds = (uint32_t)seconds;
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
