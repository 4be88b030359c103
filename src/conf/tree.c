#include "conf/tree.h"

#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

/* The sizes of a tree, which are counted before it is allocated. */
struct sizes {
	uint32_t nodes;
	size_t text;
};

static size_t text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static const char *string_of(config_setting_t *which)
{
	return config_setting_type(which) == CONFIG_TYPE_STRING
		   ? config_setting_get_string(which)
		   : NULL;
}

static void measure(config_setting_t *which, struct sizes *sizes)
{
	sizes->nodes++;
	sizes->text +=
	    text_size(config_setting_name(which)) + text_size(string_of(which));
	if (!config_setting_is_aggregate(which))
		return;
	for (int i = 0; i < config_setting_length(which); i++)
		measure(config_setting_get_elem(which, (unsigned)i), sizes);
}

static enum node_type type_of(config_setting_t *which)
{
	switch (config_setting_type(which)) {
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

static int64_t integer_of(config_setting_t *which)
{
	switch (config_setting_type(which)) {
	case CONFIG_TYPE_INT:
		return config_setting_get_int(which);
	case CONFIG_TYPE_INT64:
		return config_setting_get_int64(which);
	case CONFIG_TYPE_BOOL:
		return config_setting_get_bool(which) == CONFIG_TRUE;
	default:
		return 0;
	}
}

static uint32_t put_text(struct tree *tree, size_t *used, const char *text)
{
	uint32_t at = (uint32_t)*used;

	if (!text)
		return 0;
	memcpy((char *)tree + tree->text + at, text, text_size(text));
	*used += text_size(text);
	return at;
}

/* The text begins with an empty string, for nodes without a name. */
static struct tree *make(struct sizes sizes)
{
	size_t text = sizeof(struct tree) + sizes.nodes * sizeof(struct node);
	size_t size = text + 1 + sizes.text;
	struct tree *tree = calloc(1, size);

	if (!tree)
		return NULL;
	tree->size = size;
	tree->text = (uint32_t)text;
	return tree;
}

static void fill_node(
    struct tree *tree, size_t *used, struct node *node, config_setting_t *which)
{
	node->number = (uint32_t)(node - tree->nodes);
	/* NOLINTNEXTLINE: no setting of a whole tree is NULL */
	node->line = config_setting_source_line(which);
	node->name_at = put_text(tree, used, config_setting_name(which));
	node->type = type_of(which);
	if (node->type == NODE_STRING)
		node->integer = put_text(tree, used, string_of(which));
	else
		node->integer = integer_of(which);
}

/* Level by level, so that the entries of a node are adjacent. */
static void fill(
    struct tree *tree, config_setting_t **settings, config_setting_t *root)
{
	size_t used = 1;

	settings[0] = root;
	tree->count = 1;
	for (uint32_t i = 0; i < tree->count; i++) {
		struct node *node = &tree->nodes[i];

		fill_node(tree, &used, node, settings[i]);
		if (!config_setting_is_aggregate(settings[i]))
			continue;
		node->first = tree->count;
		node->count = (uint32_t)config_setting_length(settings[i]);
		for (uint32_t k = 0; k < node->count; k++) {
			settings[tree->count] =
			    config_setting_get_elem(settings[i], k);
			tree->nodes[tree->count].parent = i;
			tree->nodes[tree->count++].index = k;
		}
	}
}

static struct tree *copy(config_t *config)
{
	config_setting_t *root = config_root_setting(config);
	config_setting_t **settings;
	struct sizes sizes = { 0 };
	struct tree *tree;

	measure(root, &sizes);
	tree = make(sizes);
	settings = calloc(sizes.nodes, sizeof(config_setting_t *));
	if (tree && settings) {
		fill(tree, settings, root);
	} else {
		free(tree);
		tree = NULL;
	}
	free(settings);
	return tree;
}

static struct tree *copy_fault(const config_t *config)
{
	const char *text = config_error_text(config);
	size_t used = 1;
	struct tree *tree;

	if (!text)
		text = "syntax error";
	tree = make((struct sizes){ 0, text_size(text) });
	if (!tree)
		return NULL;
	tree->wrong = put_text(tree, &used, text);
	tree->line = (uint32_t)config_error_line(config);
	return tree;
}

struct tree *tree_read(const char *text)
{
	struct tree *tree;
	config_t config;

	config_init(&config);
	tree = config_read_string(&config, text) == CONFIG_TRUE
		   ? copy(&config)
		   : copy_fault(&config);
	config_destroy(&config);
	return tree;
}

const char *tree_text(const struct tree *tree, size_t at)
{
	return (const char *)tree + tree->text + at;
}
