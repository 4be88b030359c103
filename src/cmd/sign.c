#include "cmd/options.h"
#include "core/base64.h"
#include "http/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct caller *find(const struct conf *conf, const char *id)
{
	for (size_t i = 0; i < conf->caller_count; i++)
		if (span_is(conf->callers[i].id, id))
			return &conf->callers[i];
	fprintf(stderr, "slotd sign: no caller has the id %s\n", id);
	return NULL;
}

static int print(
    const struct conf *conf, const char *id, struct auth_request *request)
{
	const struct caller *caller = find(conf, id);
	uint8_t random[16];
	char nonce_memory[32], memory[1024];
	struct buf nonce, header;

	if (!caller)
		return EXIT_FAULT;
	if (caller->dialect != DIALECT_SLOTD) {
		fprintf(stderr,
		    caller->dialect == DIALECT_EJABBERD
			? "slotd sign: %s does not sign: its dialect is HTTP "
			  "Basic, for GET /slot (curl -u %s)\n"
			: "slotd sign: %s does not sign: with its dialect the "
			  "XMPP server makes the URLs\n",
		    id, id);
		return EXIT_FAULT;
	}
	buf_init(&nonce, nonce_memory, sizeof nonce_memory);
	buf_init(&header, memory, sizeof memory);
	world_random(random, sizeof random);
	base64url_encode(&nonce, random, sizeof random);
	request->base_path = conf->base_path;
	request->now = world_unix();
	auth_sign(caller, request, buf_span(&nonce), &header);
	printf("Authorization: %s\n", header.at);
	return EXIT_OK;
}

static int run(int argc, char **argv)
{
	const char *path = NULL, *id = NULL, *body_path = NULL;
	const char *method = "POST", *target = "/slot";
	const struct option_value options[] = { { "config", 'c', &path },
		{ "caller", 0, &id }, { "method", 0, &method },
		{ "target", 0, &target }, { "body", 0, &body_path }, { 0 } };
	struct auth_request request = { .body = SPAN_EMPTY };
	struct conf *conf;
	char *body = NULL;
	int first, code = EXIT_FAULT;

	if (!options_read(&command_sign, argc, argv, options, &first))
		return EXIT_USAGE;
	if (!options_needed(&command_sign, "--caller", id) ||
	    !options_operands(&command_sign, argc, argv, first, 0, NULL))
		return EXIT_USAGE;
	conf = conf_read(path, stderr, NULL);
	if (!conf)
		return EXIT_FAULT;
	request.method = span_of(method);
	request.target = span_of(target);
	if (body_path) {
		body =
		    options_slurp(&command_sign, body_path, &request.body.len);
		request.body.at = body;
	}
	if (body || !body_path)
		code = print(conf, id, &request);
	free(body);
	conf_free(conf);
	return code;
}

const struct command command_sign = {
	"sign",
	"print the Authorization header for a request",
	"usage: slotd sign [-c FILE] --caller ID [--method M] [--target T]\n"
	"                  [--body FILE|-]\n"
	"\n"
	"Prints the Authorization header line of one request, ready for\n"
	"curl -H. The line is valid for one request within auth.max_skew\n"
	"seconds. Without these options the method is POST, the target /slot\n"
	"and the body empty. The body must be sent byte for byte (curl\n"
	"--data-binary).\n",
	run,
};
