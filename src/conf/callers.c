#include "conf/dialect.h"
#include "conf/secret.h"
#include "core/idn.h"
#include "slot/basic.h"
#include "slot/dialect.h"

#include <string.h>

#define SECRET_MAX 4096

/* A caller that is being read. */
struct draft {
	struct caller *caller;
	const struct node *secret_node; /* the setting that gives secrets */
	uint32_t rate;
	uint32_t burst; /* 0: not set */
};

static void read_dialect_of(
    struct reader *reader, const struct node *node, void *into)
{
	const struct draft *draft = into;

	read_dialect(reader, node, draft->caller);
}

static void read_base_of(
    struct reader *reader, const struct node *node, void *into)
{
	const struct draft *draft = into;

	read_base(reader, node, draft->caller);
}

static void read_id(struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	struct conf *conf = reader->conf;
	struct span id;

	if (!read_text(reader, node, &id))
		return;
	if (!auth_id_valid(id)) {
		node_wrong(reader, node,
		    "must be 1 to 64 letters, digits, dots, underscores or "
		    "hyphens");
		return;
	}
	for (size_t i = 0; i < conf->caller_count; i++) {
		if (span_equal(conf->callers[i].id, id)) {
			node_wrong(
			    reader, node, "another caller has this id already");
			return;
		}
	}
	draft->caller->id = memory_copy(reader->keep, id);
}

static void add_secret(struct reader *reader, const struct node *node,
    struct caller *caller, struct span secret)
{
	if (secret.len < AUTH_SECRET_MIN)
		node_wrong(reader, node,
		    "the secret must be at least %d bytes; make one with "
		    "`openssl rand -hex 32`",
		    AUTH_SECRET_MIN);
	else if (secret_is_new(reader, node, secret)) {
		basic_digest(secret, caller->passwords[caller->secret_count]);
		hmac_key_init(&caller->secrets[caller->secret_count++], secret);
	}
}

static void read_secret(struct reader *reader, const struct node *node,
    bool file, struct caller *caller)
{
	struct span secret;

	if (file ? secret_read_one(reader, node, SECRET_MAX, &secret)
		 : secret_read_inline(reader, node, SECRET_MAX, &secret))
		add_secret(reader, node, caller, secret);
}

/* Only one of the four settings may stand there. */
static bool claim(
    struct reader *reader, const struct node *node, struct draft *draft)
{
	if (draft->secret_node) {
		node_wrong(reader, node, "cannot stand beside %s",
		    node_name(draft->secret_node));
		return false;
	}
	draft->secret_node = node;
	return true;
}

static void read_one(struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	bool file = strcmp(node_name(node), "secret_file") == 0;

	if (claim(reader, node, draft))
		read_secret(reader, node, file, draft->caller);
}

static void read_several(
    struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	bool file = strcmp(node_name(node), "secret_files") == 0;
	size_t count;

	if (!claim(reader, node, draft) ||
	    !read_list(reader, node, "one or two strings"))
		return;
	count = node_count(node);
	if (count < 1 || count > AUTH_SECRETS_MAX) {
		node_wrong(reader, node, "must have one or two entries");
		return;
	}
	for (size_t i = 0; i < count; i++)
		read_secret(reader, node_at(node, i), file, draft->caller);
}

bool read_domain(struct reader *reader, const struct node *node,
    struct span text, struct span *ret_item)
{
	bool below = span_starts(text, "*.");
	/* A-labels are longer than their U-labels. */
	size_t size = 2 * text.len + IDN_MAX + 3;
	const char *wrong;
	struct buf out;

	buf_init(&out, memory_get(reader->keep, size), size);
	if (below)
		buf_text(&out, "*.");
	if (!jid_domain(span_from(text, below ? 2 : 0), &out, &wrong)) {
		node_wrong(reader, node,
		    "must be a domain, or \"*.\" and a domain (%s)",
		    wrong + strlen("jid: "));
		return false;
	}
	if (below && jid_is_address(span_from(buf_span(&out), 2))) {
		node_wrong(reader, node, "an IP address has no subdomains");
		return false;
	}
	if (!jid_labels_valid(span_from(buf_span(&out), below ? 2 : 0))) {
		node_wrong(reader, node,
		    "has a label that begins with xn-- and is no A-label "
		    "(IDNA2008)");
		return false;
	}
	*ret_item = buf_span(&out);
	return true;
}

static void read_allowed(
    struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;

	read_items(reader, node, read_domain, &draft->caller->allow_domains,
	    &draft->caller->allow_domain_count);
	if (node_type(node) == NODE_LIST && node_count(node) == 0)
		node_wrong(reader, node,
		    "is empty: leave it out to allow every domain");
}

static void read_plain(
    struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;

	read_boolean(reader, node, &draft->caller->plain_urls);
}

static void read_rate(
    struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	int64_t requests;

	if (read_integer(reader, node, 1, 100000, &requests))
		draft->rate = (uint32_t)requests;
}

static void read_burst(
    struct reader *reader, const struct node *node, void *into)
{
	struct draft *draft = into;
	int64_t requests;

	if (read_integer(reader, node, 1, 100000, &requests))
		draft->burst = (uint32_t)requests;
}

static void check_rate(
    struct reader *reader, const struct node *group, const struct draft *draft)
{
	const struct node *rate = node_member(group, "rate");
	const struct node *burst = node_member(group, "burst");
	struct caller *caller = draft->caller;

	if (burst && !rate)
		node_wrong(reader, burst, "is of no use without rate");
	if (rate && dialect_makes_urls(caller->dialect))
		node_wrong(reader, rate,
		    "is of no use here: with this dialect clients come, and "
		    "not the caller");
	if (!draft->rate)
		return;
	caller->rate = memory_get(reader->keep, sizeof *caller->rate);
	caller->rate->per_second = draft->rate;
	caller->rate->burst = draft->burst ? draft->burst : draft->rate;
}

static const struct setting rows[] = {
	CUSTOM("id", read_id),
	CUSTOM("secret", read_one),
	CUSTOM("secret_file", read_one),
	CUSTOM("secrets", read_several),
	CUSTOM("secret_files", read_several),
	CUSTOM("allow_domains", read_allowed),
	CUSTOM("plain_urls", read_plain),
	CUSTOM("dialect", read_dialect_of),
	CUSTOM("base", read_base_of),
	CUSTOM("rate", read_rate),
	CUSTOM("burst", read_burst),
};

static void read_caller(
    struct reader *reader, const struct node *node, struct caller *caller)
{
	const struct settings settings = { .rows = rows,
		.count = sizeof rows / sizeof *rows };
	struct draft draft = { .caller = caller };

	if (!read_group(reader, node))
		return;
	settings_read(reader, node, &settings, &draft);
	if (!node_member(node, "id"))
		node_missing(reader, node, "id", "each caller needs one");
	if (!draft.secret_node)
		node_missing(reader, node, "secret",
		    "a caller needs secret_file, secret, secret_files or "
		    "secrets; make one with `openssl rand -hex 32`");
	check_dialect(reader, node, caller);
	check_rate(reader, node, &draft);
}

void read_callers(struct reader *reader, const struct node *node, void *into)
{
	struct conf *conf = reader->conf;

	(void)into;
	if (!read_list(reader, node, "groups"))
		return;
	if (node_count(node) == 0) {
		node_wrong(reader, node, "must have at least one caller");
		return;
	}
	conf->callers =
	    memory_get(reader->keep, node_count(node) * sizeof *conf->callers);
	/* A caller that is being read is not counted yet: see read_id. */
	for (size_t i = 0; i < node_count(node); i++, conf->caller_count++)
		read_caller(reader, node_at(node, i), &conf->callers[i]);
}
