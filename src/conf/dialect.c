#include "conf/sections.h"

#include "core/chars.h"
#include "slot/dialect.h"
#include "slot/note.h"

#define BASE_CHARS CHARS_ALNUM "-._/"
#define BASE_MAX 64

void dialect_read(const struct node *node, void *into)
{
	enum dialect *dialect = into;
	unsigned number;

	if (value_word(
		node, "ejabberd|external-v1|external-v2|token|jwt", &number))
		*dialect = DIALECT_EJABBERD + number;
}

static bool overlaps(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;

	return span_equal(span_first(a, len), span_first(b, len));
}

const char *dialect_base(const struct conf *conf, struct span base)
{
	const struct chars allowed = chars_of(BASE_CHARS);
	struct span rest = span_from(base, 1);

	if (base.len < 3 || !span_starts(base, "/") ||
	    base.at[base.len - 1] != '/')
		return "must be a path that starts and ends with /, such as "
		       "\"/share/\"";
	if (base.len > BASE_MAX || !span_only(base, &allowed))
		return "must be at most 64 letters, digits and -._/";
	while (rest.len) {
		struct span segment = span_cut(&rest, '/');

		if (!segment.len || *segment.at == '.')
			return "has a segment that is empty or starts with a "
			       "dot";
	}
	if (overlaps(base, span_of("/u/")) || overlaps(base, span_of("/f/")))
		return "overlaps with /u/ or /f/, which slotd uses itself";
	if (overlaps(base, span_of("/" NOTE_FOLDER)))
		return "overlaps with /" NOTE_FOLDER
		       ", where slotd keeps the notes of erasures";
	for (size_t i = 0; i < conf->caller_count; i++)
		if (conf->callers[i].base.len &&
		    overlaps(base, conf->callers[i].base))
			return "overlaps with another caller's base";
	return NULL;
}

/* Settings of callers whose server makes the URLs. NULL: it is not set. */
static void refuse_here(const struct node *node)
{
	if (node)
		node_wrong(node,
		    "belongs to dialect \"external-v1\", \"external-v2\", "
		    "\"token\" or \"jwt\"");
}

void dialect_check(const struct node *group, const struct caller *caller)
{
	const struct node *base = node_member(group, "base");

	if (node_is_wrong(node_member(group, "dialect")))
		return;
	if (!dialect_makes_urls(caller->dialect)) {
		refuse_here(base);
		refuse_here(node_member(group, "keep"));
		return;
	}
	if (!base)
		node_missing(group, "base",
		    "the path of this dialect's URLs, such as \"/share/\"");
	if (caller->plain_urls)
		node_wrong(node_member(group, "plain_urls"),
		    "has no effect with this dialect: the XMPP server makes "
		    "the URLs");
}

static bool is_plain(struct span text)
{
	const struct chars plain = chars_of(CHARS_ALNUM "_.:/-");

	return span_only(text, &plain);
}

static bool base_is_plain(const struct uri_base *base)
{
	return is_plain(base->host) && is_plain(base->path);
}

/* Why this store's URLs cannot be plain; NULL: they can. */
static const char *not_plain(
    const struct conf *conf, const struct conf_storage *storage)
{
	const struct s3_config *s3 = storage->s3;

	if (s3 && !s3->relay)
		return "is impossible with storage type \"s3\", because "
		       "presigned URLs have ?, % and &: set relay = true, or "
		       "use type \"fs\"";
	if (!is_plain(conf->public_url))
		return "needs a public_url with letters, digits and _.:/- only";
	if (!s3 || s3->get == S3_GET_REDIRECT)
		return NULL;
	if (s3->get == S3_GET_PRESIGNED)
		return "is impossible with get = \"presigned\", because such "
		       "URLs have ?, % and &: use get = \"redirect\"";
	return base_is_plain(&s3->download)
		   ? NULL
		   : "needs a download_url (or bucket_url) "
		     "with letters, digits and _.:/- only";
}

static void check_plain(const struct node *node)
{
	const struct conf *conf = node->reading->conf;

	for (size_t i = 0; i < conf->storage_count; i++) {
		const char *why = not_plain(conf, &conf->storages[i]);

		if (why) {
			node_wrong(node, "%s", why);
			return;
		}
	}
}

/* Whether all of a caller's files are in one store. */
static bool has_one_store(const struct conf *conf, const struct caller *caller)
{
	size_t first = 0;

	if (caller->allow_domain_count)
		first = conf_storage_of(conf, caller->allow_domains[0]);
	for (size_t i = 1; i < caller->allow_domain_count; i++)
		if (conf_storage_of(conf, caller->allow_domains[i]) != first)
			return false;
	for (size_t i = 0; i < conf->domain_count; i++)
		if (auth_allows(caller, conf->domains[i].name) &&
		    conf->domains[i].storage != first)
			return false;
	return true;
}

/* The embedded store reads from each upload when its file ends. */
static void warn_of_end(const struct node *node, const struct caller *caller)
{
	const struct conf *conf = node->reading->conf;
	size_t number = 0;

	if (!node->reading->has_store || caller->dialect != DIALECT_JWT ||
	    caller->keep)
		return;
	if (caller->allow_domain_count)
		number = conf_storage_of(conf, caller->allow_domains[0]);
	if (conf->storages[number].s3)
		node_warn(node_member(node, "dialect"),
		    "the XMPP server promises that files end, but nothing "
		    "removes them from storage \"%.*s\": set this caller's "
		    "keep to what the server promises, and run `slotd sweep`",
		    (int)conf->storages[number].name.len,
		    conf->storages[number].name.at);
}

static void check_one(const struct node *node, const struct caller *caller)
{
	const struct conf *conf = node->reading->conf;

	if (dialect_makes_urls(caller->dialect)) {
		if (node->reading->has_store && !has_one_store(conf, caller))
			node_wrong(node_member(node, "dialect"),
			    "links of this dialect do not name the domain, and "
			    "this caller's domains are in several stores: list "
			    "the domains of one store in allow_domains");
		else
			warn_of_end(node, caller);
		return;
	}
	if (caller->plain_urls && node->reading->has_store)
		check_plain(node_member(node, "plain_urls"));
	if (caller->dialect == DIALECT_EJABBERD &&
	    !conf_is_private(&conf->listen))
		node_warn(node_member(node, "dialect"),
		    "is HTTP Basic, which sends the secret as plain text, and "
		    "listen.address is not loopback: listen on 127.0.0.1, and "
		    "put an https proxy in front for other machines");
}

void dialect_check_callers(const struct node *root)
{
	const struct conf *conf = root->reading->conf;
	const struct node *list = node_member(root, "callers");

	for (size_t i = 0; i < conf->caller_count; i++)
		check_one(node_at(list, i), &conf->callers[i]);
}
