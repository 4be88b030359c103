#include "xmpp/disco.h"

#include "slotd/version.h"
#include "xmpp/markup.h"

static void add_feature(struct buf *out, const char *space, const char *part)
{
	buf_text(out, "<feature var='");
	buf_text(out, space);
	buf_text(out, part);
	buf_text(out, "'/>");
}

static void add_purposes(struct buf *out, const struct policies *policies)
{
	for (unsigned i = 0; i < PURPOSE_COUNT; i++) {
		if (!policies->offers[i])
			continue;
		buf_text(out, "<feature var='" DISCO_PURPOSE "#");
		buf_text(out, purpose_name((enum purpose)i));
		buf_text(out, "'/>");
	}
}

/* The form of XEP-0128 in which clients look for the limit. */
static void add_form(struct buf *out, const char *space, uint64_t max_size)
{
	buf_text(out, "<x xmlns='jabber:x:data' type='result'>"
		      "<field var='FORM_TYPE' type='hidden'><value>");
	buf_text(out, space);
	buf_text(out, "</value></field><field var='max-file-size'><value>");
	buf_u64(out, max_size);
	buf_text(out, "</value></field></x>");
}

void disco_info(struct buf *out, const void *of)
{
	static const char *const features[] = { DISCO_INFO, DISCO_ITEMS,
		DISCO_PING, DISCO_VERSION, DISCO_UPLOAD, DISCO_UPLOAD_OLD };
	const struct disco *disco = of;
	const struct policy *policy = &disco->policies->of[PURPOSE_MESSAGE];

	answer_begin(out, &disco->answer);
	buf_text(out, "<query xmlns='" DISCO_INFO
		      "'><identity category='store' type='file'");
	markup_attribute(out, "name", disco->name);
	buf_text(out, "/>");
	for (size_t i = 0; i < sizeof features / sizeof *features; i++)
		add_feature(out, features[i], "");
	add_purposes(out, disco->policies);
	add_form(out, DISCO_UPLOAD, policy->max_size);
	add_form(out, DISCO_UPLOAD_OLD, policy->max_size);
	buf_text(out, "</query>");
	answer_end(out);
}

void disco_items(struct buf *out, const void *of)
{
	const struct disco *disco = of;

	answer_begin(out, &disco->answer);
	buf_text(out, "<query xmlns='" DISCO_ITEMS "'/>");
	answer_end(out);
}

void disco_ping(struct buf *out, const void *of)
{
	const struct disco *disco = of;

	answer_begin(out, &disco->answer);
	answer_end(out);
}

void disco_version(struct buf *out, const void *of)
{
	const struct disco *disco = of;

	answer_begin(out, &disco->answer);
	buf_text(out, "<query xmlns='" DISCO_VERSION "'>");
	markup_element(out, "name", span_of("slotd"));
	markup_element(out, "version", span_of(SLOTD_VERSION));
	buf_text(out, "</query>");
	answer_end(out);
}
