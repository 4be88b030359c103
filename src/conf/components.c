#include "conf/secret.h"
#include "conf/sections.h"
#include "core/idn.h"
#include "core/ip.h"
#include "core/uri.h"
#include "core/utf8.h"
#include "slot/jid.h"

#define SECRET_MIN 16
#define SECRET_MAX 4096
#define NAME_MAX_BYTES 255

/* --- jid ------------------------------------------------------------------*/

static bool is_taken(const struct node *node, struct span domain)
{
	const struct conf *conf = node->reading->conf;

	for (size_t i = 0; i < conf->component_count; i++)
		if (span_equal(conf->components[i].caller.id, domain))
			return true;
	return false;
}

/* As it is on the stream. Servers keep their own names in lower case, and some
 * compare them to the byte. Whether they know this one by A-labels or by
 * U-labels is for the administrator to say. */
static struct span on_stream(
    const struct node *node, struct span text, struct span domain)
{
	char as_written[JID_PART_MAX + 1], with_ulabels[JID_PART_MAX + 1];
	struct buf lower = buf_of(as_written, sizeof as_written);
	struct buf unicode = buf_of(with_ulabels, sizeof with_ulabels);

	text.len -= text.at[text.len - 1] == '.';
	buf_lower(&lower, text);
	if (span_equal(buf_span(&lower), domain) ||
	    idn_to_unicode(domain, &unicode) != IDN_DONE)
		return arena_copy(node_keep(node), buf_span(&lower));
	return arena_copy(node_keep(node), buf_span(&unicode));
}

static void read_jid(const struct node *node, void *into)
{
	struct conf_component *component = into;
	char memory[IDN_MAX + 1];
	struct buf domain = buf_of(memory, sizeof memory);
	struct span text;
	const char *wrong;

	if (!value_text(node, &text))
		return;
	if (!jid_domain(text, &domain, &wrong) ||
	    uri_is_address(buf_span(&domain))) {
		node_wrong(
		    node, "must be a domain such as \"upload.example.org\"");
		return;
	}
	if (is_taken(node, buf_span(&domain))) {
		node_wrong(node, "another component already has this jid");
		return;
	}
	component->jid = on_stream(node, text, buf_span(&domain));
	component->caller.id = arena_copy(node_keep(node), buf_span(&domain));
}

/* --- allow_domains --------------------------------------------------------*/

static void read_allowed(const struct node *node, void *into)
{
	struct caller *caller = into;

	value_items(node, domains_name, &caller->allow_domains,
	    &caller->allow_domain_count);
	if (node->type == NODE_LIST && node->count == 0)
		node_wrong(
		    node, "is empty: list the domains whose users get slots");
	callers_allow(node, caller);
}

/* The domain above the component's. */
static void allow_above(const struct node *group, struct caller *caller)
{
	struct span above = caller->id;
	struct span *list;

	span_cut(&above, '.');
	if (!above.at) {
		node_missing(group, "allow_domains",
		    "no domain is above jid: list the domains whose users get "
		    "slots");
		return;
	}
	/* Hardly ever meant: upload.localhost, or the server's own domain. */
	if (span_find(above, '.') == above.len && !span_is(above, "localhost"))
		node_warn(node_member(group, "jid"),
		    "users of \"%.*s\", the domain above, get slots and "
		    "nobody else: set allow_domains",
		    (int)above.len, above.at);
	list = arena_get(node_keep(group), sizeof *list);
	*list = above;
	caller->allow_domains = list;
	caller->allow_domain_count = 1;
	callers_allow(group, caller);
}

/* --- the component --------------------------------------------------------*/

/* The name is sent as XML. Control characters are refused in all strings. */
static bool is_xml(struct span text)
{
	uint32_t code;

	while (utf8_next(&text, &code))
		if (code == 0xfffe || code == 0xffff)
			return false;
	return true;
}

static const char *name_rule(const struct conf *conf, struct span text)
{
	(void)conf;
	if (!utf8_valid(text))
		return "must be valid UTF-8";
	if (!is_xml(text))
		return "has U+FFFE or U+FFFF, which XML does not allow";
	return text.len <= NAME_MAX_BYTES ? NULL : "is longer than 255 bytes";
}

static const struct setting rows[] = {
	{ "jid", WHOLE(read_jid) },
	{ "server", STRING(struct conf_component, server, value_host) },
	{ "port", READ(struct conf_component, port, settings_port) },
	{ "unix", READ(struct conf_component, unix_path, settings_unix_path) },
	{ "secret", ELSEWHERE },
	{ "secret_file", ELSEWHERE },
	{ "allow_domains", READ(struct conf_component, caller, read_allowed) },
	{ "name", TEXT(struct conf_component, name, name_rule) },
};

static void warn_of_server(const struct node *node, const char *server)
{
	if (node && !ip_host_is_local(span_of(server)))
		node_warn(node,
		    "is not loopback, and the connection is not encrypted: use "
		    "127.0.0.1 if the XMPP server runs here, otherwise a "
		    "network on which nobody else can listen");
}

/* The two ports of every XMPP server that is not for components. */
static void warn_of_port(const struct node *node, uint16_t port)
{
	if (port == 5222 || port == 5269)
		node_warn(node,
		    "is the port for %s: set the one for components, often "
		    "5347",
		    port == 5222 ? "clients" : "other servers");
}

static void check_address(
    const struct node *group, const struct conf_component *component)
{
	const struct node *server = node_member(group, "server");
	const struct node *port = node_member(group, "port");

	if ((server || port) && node_member(group, "unix"))
		node_wrong(server ? server : port,
		    "cannot be combined with unix: use one or the other");
	warn_of_server(server, component->server);
	warn_of_port(port, component->port);
}

static void read_secret(
    const struct node *group, struct conf_component *component)
{
	const struct secret secret = secret_member(group, "secret", SECRET_MAX);

	component->secret = secret.text;
	if (!node_member(group, "secret") && !node_member(group, "secret_file"))
		node_missing(group, "secret",
		    "a component needs secret_file or secret, the one that the "
		    "XMPP server has for it");
	/* The XMPP server's administrator chooses it, so this is no fault. */
	else if (secret.text.len && secret.text.len < SECRET_MIN)
		node_warn(secret.node,
		    "the secret has fewer than 16 bytes: use a longer one, "
		    "here and in the XMPP server's configuration");
}

static void read_component(
    const struct node *group, struct conf_component *component)
{
	static const struct settings settings = { SETTINGS(rows) };

	*component = (struct conf_component){
		.server = "127.0.0.1",
		.port = 5347,
		.name = span_of("File upload"),
	};
	if (!value_group(group))
		return;
	settings_read(group, &settings, component);
	read_secret(group, component);
	check_address(group, component);
	if (!node_member(group, "jid"))
		node_missing(group, "jid",
		    "the component's domain, such as \"upload.example.org\"");
	else if (component->jid.len && !node_member(group, "allow_domains"))
		allow_above(group, &component->caller);
}

void components_read(const struct node *node, void *into)
{
	struct conf *conf = into;

	if (!value_list(node, "groups"))
		return;
	conf->components = arena_get(
	    node_keep(node), (node->count + 1) * sizeof *conf->components);
	/* One that is being read is not counted yet: see is_taken. */
	for (size_t i = 0; i < node->count; i++, conf->component_count++)
		read_component(node_at(node, i), &conf->components[i]);
}
