#include "conf/reader.h"

/* Duplicates do no harm, and two networks may have parts in common. */
static bool read_net(
    struct reader *reader, const struct node *node, struct ip_net *ret_net)
{
	const char *wrong;
	struct span text;

	if (!read_text(reader, node, &text))
		return false;
	if (!ip_net_parse(text, ret_net, &wrong)) {
		node_wrong(reader, node, "%s", wrong);
		return false;
	}
	if (ret_net->bits == 0 ||
	    (ip_is_v4(&ret_net->ip) && ret_net->bits == 96))
		node_warn(reader, node,
		    "everybody counts as a proxy: nobody's connections are "
		    "limited, and anybody can name any address");
	return true;
}

void read_proxies(struct reader *reader, const struct node *node, void *into)
{
	struct ip_net *nets;
	size_t count = 0;

	(void)into;
	if (!read_list(reader, node, "strings"))
		return;
	nets = memory_get(reader->keep, (node_count(node) + 1) * sizeof *nets);
	for (size_t i = 0; i < node_count(node); i++)
		if (read_net(reader, node_at(node, i), &nets[count]))
			count++;
	reader->conf->trusted_proxies = (struct ip_nets){ nets, count };
}
