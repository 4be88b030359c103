#include "cmd/command.h"
#include "janitor/place.h"
#include "slot/owners.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
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

/*
 * Gives each way to read a link in which its key has an owner, and how many
 * there are. There can be several when two stores use one bucket and their
 * templates fit each other's keys; only the owner's JID tells which is right.
 * links has room for service->store_count.
 */
static size_t find_owned(
    const struct service *service, struct span text, struct place *links)
{
	size_t count = 0;

	for (size_t i = 0; i < service->store_count; i++) {
		struct place *link = &links[count];

		if (place_in_store(service, i, text, link) &&
		    owners_told(&service->templates[i], link->key))
			count++;
	}
	return count;
}

/* --- the owner of a file --------------------------------------------------*/

/* Each way to read the link. */
struct search {
	const struct service *service;
	struct place *links;
	size_t count;
};

/* Prints the JID if it is the owner's. */
static bool try_owner(const struct search *search, const char *text)
{
	const struct service *service = search->service;
	char memory[JID_BARE_SIZE];
	struct buf bare = buf_of(memory, sizeof memory);
	struct owner owner;
	struct jid jid;

	if (!read_jid(text, &jid))
		return false;
	jid_bare(&jid, &bare);
	owners_add(&owner, service->keyring, buf_span(&bare));
	for (size_t i = 0; i < search->count; i++) {
		const struct place *link = &search->links[i];

		if (owners_find(&owner, 1, service->keyring,
			&service->templates[link->number], link->key) != 0)
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
	struct place found;

	if (!place_find(service, span_of(of_link), &found))
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
	struct search search = { .service = service };
	int code;

	search.links = calloc(service->store_count, sizeof *search.links);
	if (!search.links)
		return command_fault(&command_user, "out of memory");
	search.count = find_owned(service, span_of(of_link), search.links);
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
