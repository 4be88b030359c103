#include "cmd/link.h"
#include "cmd/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_jid(const char *text, struct jid *jid)
{
	const char *wrong;

	if (jid_parse(span_of(text), jid, &wrong))
		return true;
	options_about(&command_user, text, wrong);
	return false;
}

static int print_users(const struct keyring *keyring, char **jids, int count)
{
	int code = EXIT_OK;

	for (int i = 0; i < count; i++) {
		char memory[KEYRING_TEXT + 1];
		struct buf user;
		struct jid jid;

		buf_init(&user, memory, sizeof memory);
		if (!read_jid(jids[i], &jid)) {
			code = EXIT_FAULT;
			continue;
		}
		keyring_user(&keyring->roots[0], &jid, &user);
		puts(user.at);
	}
	return code;
}

/* Whether the key was made for this JID under any line of key_file. */
static bool is_owner(const struct keyring *keyring,
    const struct key_reading *reading, const struct jid *jid)
{
	for (size_t i = 0; i < keyring->count; i++) {
		char memory[KEYRING_TEXT + 1];
		struct buf made;

		buf_init(&made, memory, sizeof memory);
		if (reading->owner.len)
			keyring_owner(
			    &keyring->roots[i], reading->random, jid, &made);
		else
			keyring_user(&keyring->roots[i], jid, &made);
		if (span_equal(buf_span(&made),
			reading->owner.len ? reading->owner : reading->user))
			return true;
	}
	return false;
}

/* A link in each way to read it. */
struct search {
	const struct keyring *keyring;
	struct command_link *links;
	size_t count;
};

/* Prints the JID and gives true when the file is its owner's. */
static bool try_owner(const struct search *search, const char *text)
{
	struct jid jid;

	if (!read_jid(text, &jid))
		return false;
	for (size_t i = 0; i < search->count; i++) {
		if (!is_owner(search->keyring, &search->links[i].reading, &jid))
			continue;
		options_line(text);
		return true;
	}
	return false;
}

/* One a line, on standard input; *ret_count: how many there were. */
static bool find_in_lines(const struct search *search, size_t *ret_count)
{
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	if (isatty(STDIN_FILENO))
		fputs("slotd user: reading JIDs, one a line, until Ctrl-D\n",
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

static int find_owner(const struct search *search, char **jids, int count)
{
	size_t lines = (size_t)count;
	bool found = false;

	for (int i = 0; i < count && !found; i++)
		found = try_owner(search, jids[i]);
	if (!count)
		found = find_in_lines(search, &lines);
	if (found)
		return EXIT_OK;
	fputs(lines ? "slotd user: none of these JIDs uploaded this file\n"
		    : "slotd user: no JIDs to try: name them behind the link, "
		      "or give them on standard input, one a line\n",
	    stderr);
	return EXIT_FAULT;
}

/* Why the link tells nobody. */
static int tell_nobody(const struct service *service, const char *text)
{
	struct command_link link;

	if (!command_link_read(service, span_of(text), &link))
		options_about(&command_user, text,
		    "this configuration shares no files there");
	else if (link.caller)
		fprintf(stderr,
		    "slotd user: the XMPP server made this link (caller "
		    "%.*s): only its logs can tell who uploaded the file\n",
		    (int)link.caller->id.len, link.caller->id.at);
	else if (!link.made)
		fprintf(stderr, "slotd user: this object key was not made by "
				"the key setting of its storage\n");
	else
		fprintf(stderr, "slotd user: storage.key has neither {owner} "
				"nor {user}, so nobody can tell\n");
	return EXIT_FAULT;
}

static int tell_owner(
    const struct service *service, const char *text, char **jids, int count)
{
	struct search search = { .keyring = service->keyring };
	int code;

	search.links = calloc(service->store_count, sizeof *search.links);
	if (!search.links) {
		fputs("slotd user: out of memory\n", stderr);
		return EXIT_FAULT;
	}
	search.count = command_link_owned(service, span_of(text), search.links);
	code = search.count ? find_owner(&search, jids, count)
			    : tell_nobody(service, text);
	free(search.links);
	return code;
}

static int run(int argc, char **argv)
{
	const char *path = NULL, *link = NULL;
	const struct option_value options[] = { { "config", 'c', &path },
		{ "of", 0, &link }, { 0 } };
	struct service *service;
	struct conf *conf;
	char wrong[512];
	int first, code = EXIT_FAULT;

	if (!options_read(&command_user, argc, argv, options, &first))
		return EXIT_USAGE;
	if (!options_operands(&command_user, argc, argv, first, argc,
		link ? NULL : "a JID, or --of LINK,"))
		return EXIT_USAGE;
	conf = conf_read(path, stderr, NULL);
	if (!conf)
		return EXIT_FAULT;
	service = service_look(conf, wrong, sizeof wrong);
	if (!service)
		fprintf(stderr, "slotd user: %s\n", wrong);
	else if (!service->keyring && service_store_lack(service))
		fprintf(
		    stderr, "slotd user: %s\n", service_store_lack(service));
	else if (!service->keyring)
		fprintf(stderr, "slotd user: key_file is not set; make one "
				"with: openssl rand -hex 32\n");
	else if (link)
		code = tell_owner(service, link, argv + first, argc - first);
	else
		code =
		    print_users(service->keyring, argv + first, argc - first);
	service_release(service);
	return code;
}

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
	run,
};
