#include "cmd/options.h"
#include "http/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_jid(const char *text, struct jid *jid)
{
	const char *wrong;

	if (jid_parse(span_of(text), jid, &wrong))
		return true;
	fprintf(stderr, "slotd user: %s: %s\n", text, wrong);
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

static int find_owner(
    const struct keyring *keyring, const struct key_reading *reading)
{
	char *line = NULL;
	size_t size = 0;
	int code = EXIT_FAULT;

	while (code != EXIT_OK && getline(&line, &size, stdin) > 0) {
		struct jid jid;

		line[strcspn(line, "\r\n")] = '\0';
		if (!*line || !read_jid(line, &jid))
			continue;
		if (is_owner(keyring, reading, &jid)) {
			puts(line);
			code = EXIT_OK;
		}
	}
	free(line);
	if (code != EXIT_OK)
		fprintf(stderr, "slotd user: it is of none of them\n");
	return code;
}

/* What the key behind a URL of one store says. Sets *ret_ours when it is a
 * URL of this store; true when the key tells more. */
static bool read_store(const struct service *service, size_t number,
    struct span url, struct buf *key, bool *ret_ours,
    struct key_reading *ret_reading)
{
	struct store *store = service->stores[number];
	struct key_reading reading = { 0 };

	buf_reset(key);
	if (!store->class->read_url(store, url, key) ||
	    !key_template_read(
		&service->templates[number], buf_span(key), &reading))
		return false;
	*ret_ours = true;
	*ret_reading = reading;
	return reading.owner.len || reading.user.len;
}

static int tell_owner(const struct service *service, const char *url)
{
	char memory[OBJECT_KEY_MAX + 1];
	struct buf key;
	struct key_reading reading;
	bool ours = false;

	buf_init(&key, memory, sizeof memory);
	for (size_t i = 0; i < service->store_count; i++)
		if (read_store(service, i, span_of(url), &key, &ours, &reading))
			return find_owner(service->keyring, &reading);
	if (ours)
		fprintf(stderr, "slotd user: storage.key has neither {owner} "
				"nor {user}, so nobody can tell\n");
	else
		fprintf(stderr, "slotd user: this is no URL that this "
				"configuration shares\n");
	return EXIT_FAULT;
}

static int run(int argc, char **argv)
{
	const char *path = NULL, *url = NULL;
	const struct option_value options[] = { { "config", 'c', &path },
		{ "of", 0, &url }, { 0 } };
	struct service *service;
	struct conf *conf;
	char wrong[512];
	int first, code = EXIT_FAULT;

	if (!options_read(&command_user, argc, argv, options, &first))
		return EXIT_USAGE;
	if (!path || (url ? first != argc : first == argc))
		return options_wrong(&command_user,
		    "it takes -c FILE, and either JIDs or --of URL");
	conf = options_conf(&command_user, path);
	if (!conf)
		return EXIT_FAULT;
	service = service_look(conf, wrong, sizeof wrong);
	if (!service)
		fprintf(stderr, "slotd user: %s\n", wrong);
	else if (!service->keyring && service->fs)
		fprintf(stderr, "slotd user: %s\n", fs_lack(service->fs));
	else if (!service->keyring)
		fprintf(stderr, "slotd user: key_file is not set; make one "
				"with: openssl rand -hex 32\n");
	else if (url)
		code = tell_owner(service, url);
	else
		code =
		    print_users(service->keyring, argv + first, argc - first);
	service_release(service);
	return code;
}

const struct command command_user = {
	"user",
	"tell users' key prefixes, or whose file a URL is",
	"usage: slotd user -c FILE JID...\n"
	"       slotd user -c FILE --of URL < JIDS\n"
	"\n"
	"Prints each JID's {user}, one a line, as it stands in object keys. "
	"With\n"
	"--of it reads JIDs from standard input, one a line, prints the one "
	"that\n"
	"the file of the URL was uploaded by and exits with 0; or with 1 when "
	"it\n"
	"was none of them.\n",
	run,
};
