#include "conf/file.h"

#include "core/hash.h"

#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct file {
	config_t config;
	bool ok;
};

static config_setting_t *setting(const struct node *node)
{
	return (config_setting_t *)(uintptr_t)node;
}

static const struct node *as_node(const config_setting_t *which)
{
	return (const struct node *)which;
}

struct file *file_open(const char *text)
{
	struct file *file = calloc(1, sizeof *file);

	if (!file) {
		fputs("slotd: no memory for the configuration\n", stderr);
		abort();
	}
	config_init(&file->config);
	file->ok = config_read_string(&file->config, text) == CONFIG_TRUE;
	return file;
}

const char *file_wrong(const struct file *file, unsigned *ret_line)
{
	const char *text;

	if (file->ok)
		return NULL;
	text = config_error_text(&file->config);
	*ret_line = (unsigned)config_error_line(&file->config);
	return text ? text : "syntax error";
}

static void wipe_strings(config_setting_t *which)
{
	if (config_setting_type(which) == CONFIG_TYPE_STRING) {
		const char *text = config_setting_get_string(which);

		if (text)
			wipe((void *)(uintptr_t)text, strlen(text));
		return;
	}
	if (!config_setting_is_aggregate(which))
		return;
	for (int i = 0; i < config_setting_length(which); i++)
		wipe_strings(config_setting_get_elem(which, (unsigned)i));
}

void file_close(struct file *file)
{
	wipe_strings(config_root_setting(&file->config));
	config_destroy(&file->config);
	free(file);
}

const struct node *file_root(const struct file *file)
{
	return as_node(config_root_setting(&file->config));
}

enum node_type node_type(const struct node *node)
{
	switch (config_setting_type(setting(node))) {
	case CONFIG_TYPE_GROUP:
		return NODE_GROUP;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return NODE_INTEGER;
	case CONFIG_TYPE_FLOAT:
		return NODE_FLOAT;
	case CONFIG_TYPE_STRING:
		return NODE_STRING;
	case CONFIG_TYPE_BOOL:
		return NODE_BOOLEAN;
	default:
		return NODE_LIST;
	}
}

unsigned node_line(const struct node *node)
{
	return config_setting_source_line(setting(node));
}

const char *node_name(const struct node *node)
{
	const char *name = config_setting_name(setting(node));

	return name ? name : "";
}

void node_path(const struct node *node, struct buf *out)
{
	config_setting_t *which = setting(node);

	if (config_setting_is_root(which))
		return;
	node_path(as_node(config_setting_parent(which)), out);
	if (config_setting_name(which)) {
		if (out->len)
			buf_char(out, '.');
		buf_text(out, config_setting_name(which));
	} else {
		buf_char(out, '[');
		buf_u64(out, (uint64_t)config_setting_index(which));
		buf_char(out, ']');
	}
}

size_t node_count(const struct node *node)
{
	return (size_t)config_setting_length(setting(node));
}

const struct node *node_at(const struct node *node, size_t number)
{
	return as_node(
	    config_setting_get_elem(setting(node), (unsigned)number));
}

const struct node *node_member(const struct node *group, const char *name)
{
	return as_node(config_setting_get_member(setting(group), name));
}

int64_t node_integer(const struct node *node)
{
	return config_setting_type(setting(node)) == CONFIG_TYPE_INT
		   ? config_setting_get_int(setting(node))
		   : config_setting_get_int64(setting(node));
}

bool node_boolean(const struct node *node)
{
	return config_setting_get_bool(setting(node)) == CONFIG_TRUE;
}

const char *node_string(const struct node *node)
{
	return config_setting_get_string(setting(node));
}
