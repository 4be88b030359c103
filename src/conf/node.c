#include "conf/node.h"

#include <string.h>

const struct node *node_at(const struct node *node, size_t number)
{
	return node - node->number + node->first + number;
}

const struct node *node_member(const struct node *group, const char *name)
{
	for (size_t i = 0; group && i < group->count; i++)
		if (strcmp(node_at(group, i)->name, name) == 0)
			return node_at(group, i);
	return NULL;
}

static bool is_one_of(const char *name, const char *names)
{
	struct span rest = span_of(names);

	while (rest.at)
		if (span_is(span_cut(&rest, '|'), name))
			return true;
	return false;
}

const struct node *node_only(const struct node *group, const char *names)
{
	const struct node *first = NULL;

	for (size_t i = 0; i < group->count; i++) {
		const struct node *node = node_at(group, i);

		if (!is_one_of(node->name, names))
			continue;
		if (first)
			node_wrong(node,
			    "cannot be combined with %s: remove one of them",
			    first->name);
		else
			first = node;
	}
	return first;
}

const char *node_path(const struct node *node)
{
	const struct node *parent = node - node->number + node->parent;
	const char *before = node->number ? node_path(parent) : "";

	if (node->number == 0)
		return "";
	if (*node->name)
		return arena_print(node_scratch(node), "%s%s%s", before,
		    *before ? "." : "", node->name);
	return arena_print(
	    node_scratch(node), "%s[%u]", before, (unsigned)node->index);
}

static void add(
    const struct node *node, bool warning, const char *path, const char *text)
{
	const struct fault fault = {
		.line = node->line,
		.warning = warning,
		.path = path,
		.text = text,
	};

	fault_add(&node->reading->faults, &fault);
}

bool node_wrong(const struct node *node, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(node, false, node_path(node),
	    arena_print_list(node_scratch(node), format, arguments));
	va_end(arguments);
	return false;
}

void node_warn(const struct node *node, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(node, true, node_path(node),
	    arena_print_list(node_scratch(node), format, arguments));
	va_end(arguments);
}

void node_missing(const struct node *group, const char *name, const char *why)
{
	struct arena *arena = node_scratch(group);
	const char *path = node_path(group);

	if (!group->reading->incomplete)
		add(group, false,
		    arena_print(arena, "%s%s%s", path, *path ? "." : "", name),
		    arena_print(arena, "missing: %s", why));
}

bool node_is_wrong(const struct node *node)
{
	return node && fault_known(&node->reading->faults, node_path(node));
}

struct arena *node_keep(const struct node *node)
{
	return &node->reading->conf->keep;
}

struct arena *node_scratch(const struct node *node)
{
	return &node->reading->scratch;
}
