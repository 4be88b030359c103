#include "cmd/creds.h"
#include "cmd/options.h"
#include "http/json.h"
#include "http/service.h"
#include "http/world.h"

#include <stdio.h>
#include <stdlib.h>

static int refuse(enum failure failure, const struct refusal *why)
{
	const struct failure_entry *entry = failure_entry(failure);

	fprintf(stderr, "slotd slot: %s: %s", entry->code,
	    why->detail ? why->detail : entry->sentence);
	if (failure == FAILURE_FILE_TOO_LARGE)
		fprintf(stderr, " (max_size is %llu bytes)",
		    (unsigned long long)why->max_size);
	if (why->reason)
		fprintf(stderr, " (%s)", why->reason);
	fputc('\n', stderr);
	return EXIT_FAULT;
}

static int issue(const struct service *service, const char *jid,
    struct slot_request *request)
{
	char memory[CREDS_WHY + 128];
	struct refusal why = { 0 };
	struct slot slot;
	struct jid who;
	struct buf lack;
	uint8_t random[RANDOM_BYTES];
	enum failure failure;
	char *text;

	buf_init(&lack, memory, sizeof memory);
	world_random(random, sizeof random);
	request->jid = &who;
	failure = jid_read(span_of(jid), &who, &why);
	if (failure == FAILURE_NONE)
		failure = slot_issue(&service->issuers, request, world_millis(),
		    random, &slot, &why);
	if (failure == FAILURE_UNAVAILABLE && service_lacks(service, &lack))
		why.reason = lack.at;
	if (failure != FAILURE_NONE)
		return refuse(failure, &why);
	text = json_slot_write(&slot);
	if (!text)
		return EXIT_FAULT;
	puts(text);
	free(text);
	return EXIT_OK;
}

static int open_and_issue(
    struct conf *conf, const char *jid, struct slot_request *request)
{
	char wrong[512];
	struct service *service = service_look(conf, wrong, sizeof wrong);
	int code = EXIT_FAULT;

	if (service && !service->keyring && service_store_lack(service)) {
		fprintf(
		    stderr, "slotd slot: %s\n", service_store_lack(service));
	} else if (service) {
		service_wait(service, CREDS_WAIT_MS);
		code = issue(service, jid, request);
	} else {
		fprintf(stderr, "slotd slot: %s\n", wrong);
	}
	service_release(service);
	return code;
}

static int run(int argc, char **argv)
{
	const char *path = NULL, *jid = NULL, *size = NULL, *type = NULL;
	const struct option_value options[] = { { "config", 'c', &path },
		{ "jid", 0, &jid }, { "size", 0, &size }, { "type", 0, &type },
		{ 0 } };
	/* Nobody's rules but the policy's hold for who reads the file. */
	const struct caller anybody = { 0 };
	struct slot_request request = { .caller = &anybody };
	struct conf *conf;
	int first;

	if (!options_read(&command_slot, argc, argv, options, &first))
		return EXIT_USAGE;
	if (!options_needed(&command_slot, "--jid", jid) ||
	    !options_needed(&command_slot, "--size", size) ||
	    !options_operands(
		&command_slot, argc, argv, first, 1, "the file's name"))
		return EXIT_USAGE;
	if (!span_u64(span_of(size), &request.size))
		return options_wrong(
		    &command_slot, "--size must be a number of bytes");
	request.filename = span_of(argv[first]);
	request.type = (struct span){ NULL, 0 };
	if (type)
		request.type = span_of(type);
	conf = conf_read(path, stderr, NULL);
	if (!conf)
		return EXIT_FAULT;
	return open_and_issue(conf, jid, &request);
}

const struct command command_slot = {
	"slot",
	"issue one slot without a server",
	"usage: slotd slot [-c FILE] --jid JID --size BYTES [--type TYPE]\n"
	"                  NAME\n"
	"\n"
	"Issues one slot and prints the JSON that POST /slot would answer.\n",
	run,
};
