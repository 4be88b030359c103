#include "cmd/command.h"
#include "slot/dialect.h"
#include "slot/key_owner.h"
#include "slot/link.h"

#include <stdio.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *of_link;

static bool read_jid(const char *text, struct jid *jid)
{
	const char *wrong;

	if (jid_parse(span_of(text), jid, &wrong))
		return true;
	command_about(&command_user, text, wrong);
	return false;
}

static int print_users(const struct keyring *keyring, char **jids)
{
	int code = EXIT_OK;

	for (; *jids; jids++) {
		char memory[KEYRING_TEXT + 1];
		struct buf user;
		struct jid jid;

		buf_init(&user, memory, sizeof memory);
		if (!read_jid(*jids, &jid)) {
			code = EXIT_FAULT;
			continue;
		}
		keyring_user(&keyring->roots[0], &jid, &user);
		puts(user.at);
	}
	return code;
}

/* --- links ----------------------------------------------------------------*/

/* The file that a link leads to. Must not be copied: its spans point into
 * it. */
struct link {
	struct span key; /* of the object, decoded */
	/* Whether the store's template made the key; reading has its parts. */
	bool made;
	struct key_reading reading;
	/* The caller whose XMPP server made the link; NULL: slotd made it. */
	const struct caller *caller;
	char memory[OBJECT_KEY_MAX + 1];
};

/* Whether the link leads into this store. */
static bool read_store(const struct service *service, size_t number,
    struct span text, struct link *link)
{
	struct store *store = service->stores[number];
	struct buf key;

	buf_init(&key, link->memory, sizeof link->memory);
	if (!store->class->read_url(store, text, &key))
		return false;
	link->key = buf_span(&key);
	link->reading = (struct key_reading){ 0 };
	link->made = key_template_read(
	    &service->templates[number], link->key, &link->reading);
	return true;
}

/* Finds the first store whose template made the key. */
static bool find_made(
    const struct service *service, struct span text, struct link *link)
{
	for (size_t i = 0; i < service->store_count; i++)
		if (read_store(service, i, text, link) && link->made)
			return true;
	return false;
}

/*
 * Gives each way to read a link in which its key has an owner, and how many
 * there are. There can be several when two stores use one bucket and their
 * templates fit each other's keys; only the owner's JID tells which is right.
 * links has room for service->store_count.
 */
static size_t link_owned(
    const struct service *service, struct span text, struct link *links)
{
	size_t count = 0;

	for (size_t i = 0; i < service->store_count; i++) {
		struct link *link = &links[count];

		link->caller = NULL;
		if (read_store(service, i, text, link) && link->made &&
		    (link->reading.owner.len || link->reading.user.len))
			count++;
	}
	return count;
}

/* Whether the link leads below this caller's base at public_url. */
static bool read_below_base(const struct service *service,
    const struct caller *caller, struct span text, struct link *link)
{
	char memory[LINK_PATH_MAX + 1];
	struct span base = span_from(caller->base, 1), filename;
	struct buf rest, key;

	buf_init(&rest, memory, sizeof memory);
	buf_init(&key, link->memory, sizeof link->memory);
	if (!link_below(text, service->conf->public_url, &rest) ||
	    !span_equal(span_first(buf_span(&rest), base.len), base) ||
	    !dialect_key(
		caller, span_from(buf_span(&rest), base.len), &key, &filename))
		return false;
	link->key = buf_span(&key);
	return true;
}

static bool find_below_base(
    const struct service *service, struct span text, struct link *link)
{
	const struct conf *conf = service->conf;

	for (size_t i = 0; i < conf->caller_count; i++) {
		const struct caller *caller = &conf->callers[i];

		if (!dialect_makes_urls(caller->dialect) ||
		    !read_below_base(service, caller, text, link))
			continue;
		link->caller = caller;
		return true;
	}
	return false;
}

/* The caller whose base the key begins with; NULL: there is none. */
static const struct caller *caller_of(const struct conf *conf, struct span key)
{
	for (size_t i = 0; i < conf->caller_count; i++) {
		const struct caller *caller = &conf->callers[i];
		struct span base = span_from(caller->base, 1);

		if (dialect_makes_urls(caller->dialect) &&
		    span_equal(span_first(key, base.len), base))
			return caller;
	}
	return NULL;
}

/*
 * Reads a link: any URL at which a file of this configuration, in any of its
 * stores and of any of its callers, is shared or fetched, in any form that
 * link_below knows (slot/link.h). False for any other text.
 */
static bool link_read(
    const struct service *service, struct span text, struct link *ret_link)
{
	ret_link->caller = NULL;
	if (find_made(service, text, ret_link))
		return true;
	ret_link->made = false;
	if (find_below_base(service, text, ret_link))
		return true;
	for (size_t i = 0; i < service->store_count; i++) {
		if (!read_store(service, i, text, ret_link))
			continue;
		ret_link->caller = caller_of(service->conf, ret_link->key);
		return true;
	}
	return false;
}

/* --- the owner of a file --------------------------------------------------*/

/* Each way to read the link. */
struct search {
	const struct keyring *keyring;
	struct link *links;
	size_t count;
};

/* Prints the JID if it is the owner's. */
static bool try_owner(const struct search *search, const char *text)
{
	struct jid jid;

	if (!read_jid(text, &jid))
		return false;
	for (size_t i = 0; i < search->count; i++) {
		if (!key_owner_is(
			search->keyring, &search->links[i].reading, &jid))
			continue;
		command_line(text);
		return true;
	}
	return false;
}

/* Tries the JIDs of standard input, one per line; gives their number. */
static bool find_in_lines(const struct search *search, size_t *ret_count)
{
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	if (isatty(STDIN_FILENO))
		fputs("slotd user: type JIDs, one per line; Ctrl-D ends\n",
		    stderr);
	*ret_count = 0;
	while (!found && getline(&line, &size, stdin) > 0) {
		struct span jid = span_trim(span_of(line), " \t\r\n");

		if (!jid.len)
			continue;
		(*ret_count)++;
		line[jid.at - line + (ptrdiff_t)jid.len] = '\0';
		found = try_owner(search, jid.at);
	}
	free(line);
	return found;
}

static int find_owner(const struct search *search, char **jids)
{
	size_t count = 0;
	bool found = false;

	for (; jids[count] && !found; count++)
		found = try_owner(search, jids[count]);
	if (!count)
		found = find_in_lines(search, &count);
	if (found)
		return EXIT_OK;
	return command_fault(&command_user,
	    count ? "none of these JIDs uploaded this file"
		  : "no JIDs to try: write them after the link, or to standard "
		    "input, one per line");
}

static int no_owner(const struct service *service)
{
	struct link found;

	if (!link_read(service, span_of(of_link), &found))
		command_about(&command_user, of_link,
		    "this URL does not lead to a file of this configuration");
	else if (found.caller)
		command_fault(&command_user,
		    "the XMPP server made this link (caller %.*s): only its "
		    "log can tell who uploaded the file",
		    (int)found.caller->id.len, found.caller->id.at);
	else if (!found.made)
		command_fault(&command_user,
		    "the object key of this link does not match storage.key, "
		    "so its owner cannot be read from it");
	else
		command_fault(&command_user,
		    "storage.key has neither {owner} nor {user}, so object "
		    "keys do not say who uploaded them");
	return EXIT_FAULT;
}

static int tell_owner(const struct service *service, char **jids)
{
	struct search search = { .keyring = service->keyring };
	int code;

	search.links = calloc(service->store_count, sizeof *search.links);
	if (!search.links)
		return command_fault(&command_user, "out of memory");
	search.count = link_owned(service, span_of(of_link), search.links);
	code = search.count ? find_owner(&search, jids) : no_owner(service);
	free(search.links);
	return code;
}

static bool check(char **operands)
{
	return of_link || *operands ||
	       command_wrong(&command_user, "a JID, or --of LINK, is missing");
}

static int run(const struct service *service, char **operands)
{
	if (!service->keyring)
		return command_fault(&command_user,
		    "key_file is not set. Make one, and name it in the "
		    "configuration: (umask 077; openssl rand -hex 32 > "
		    "slotd.key)");
	return of_link ? tell_owner(service, operands)
		       : print_users(service->keyring, operands);
}

static const struct command_option options[] = {
	{ "of", .value = &of_link },
	{ 0 },
};

const struct command command_user = {
	"user",
	"show users' key prefixes, or who uploaded a file",
	"usage: slotd user [-c FILE] JID...\n"
	"       slotd user [-c FILE] --of LINK [JID...]\n"
	"\n"
	"Prints each JID's {user}, as used in object keys, one per line.\n"
	"With --of, prints which of these JIDs uploaded the file of the link;\n"
	"exits with 1 if none of them did. Without JIDs, reads them from\n"
	"standard input, one per line. A link is any URL at which the file is\n"
	"shared or fetched: at public_url or download_url, in the bucket,\n"
	"presigned, or aesgcm://.\n",
	.options = options,
	.operands_max = INT_MAX,
	.check = check,
	.with_service = run,
};
