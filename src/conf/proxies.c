#include "conf/sections.h"

/* Duplicates do no harm, and two networks may have parts in common. */
static bool read_net(const struct node *node, struct ip_net *ret_net)
{
	const char *wrong;
	struct span text;

	if (!value_text(node, &text))
		return false;
	if (!ip_net_parse(text, ret_net, &wrong)) {
		node_wrong(node, "%s", wrong);
		return false;
	}
	if (ret_net->bits == 0 ||
	    (ip_is_v4(&ret_net->ip) && ret_net->bits == 96))
		node_warn(node,
		    "everybody is trusted as a proxy: anybody can claim "
		    "any address, and nobody's connections are limited");
	return true;
}

void proxies_read(const struct node *node, void *into)
{
	struct ip_net *nets;
	size_t count = 0;

	if (!value_list(node, "strings"))
		return;
	nets = arena_get(node_keep(node), (node->count + 1) * sizeof *nets);
	for (size_t i = 0; i < node->count; i++)
		if (read_net(node_at(node, i), &nets[count]))
			count++;
	*(struct ip_nets *)into = (struct ip_nets){ nets, count };
}
