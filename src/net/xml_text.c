#include "net/xml.h"

struct search {
	const char *name;
	struct buf *out;
	bool found;
};

static bool compare(
    void *of, unsigned depth, struct span name, struct span content)
{
	struct search *search = of;

	(void)depth;
	if (!span_is(name, search->name))
		return true;
	buf_add(search->out, content);
	search->found = buf_ok(search->out);
	return false;
}

/* Without what only the start of a document may have. */
static struct span skip_declaration(struct span body)
{
	size_t len = 0;

	body = span_from(body, span_find(body, '<'));
	if (!span_starts(body, "<?xml"))
		return body;
	while (len < body.len && body.at[len] != '>')
		len++;
	return span_from(body, len + 1);
}

bool xml_text(struct span body, const char *name, struct buf *out)
{
	struct search search = { name, out, false };
	struct xml *xml = xml_open(compare, &search);

	/* A fragment may have several roots. */
	if (xml && xml_feed(xml, span_of("<fragment>")))
		xml_feed(xml, skip_declaration(body));
	xml_close(xml);
	return search.found;
}
