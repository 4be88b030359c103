#include "cmd/command.h"
#include "core/base64.h"
#include "service/clock.h"
#include "service/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *id, *method = "POST", *target = "/slot", *body_path;

static const struct caller *find(const struct conf *conf)
{
	const struct caller *caller = NULL;

	for (size_t i = 0; !caller && i < conf->caller_count; i++)
		if (span_is(conf->callers[i].id, id))
			caller = &conf->callers[i];
	if (caller && caller->dialect == DIALECT_SLOTD)
		return caller;
	if (!caller)
		command_about(&command_sign, id, "no caller has this id");
	else if (caller->dialect == DIALECT_EJABBERD)
		command_fault(&command_sign,
		    "%s does not sign: its dialect is HTTP Basic. Send GET "
		    "/slot with: curl -u %s",
		    id, id);
	else
		command_fault(&command_sign,
		    "%s does not sign: with its dialect the XMPP server makes "
		    "the upload URLs",
		    id);
	return NULL;
}

static int print(const struct caller *caller, struct auth_request *request)
{
	uint8_t random[16];
	char nonce_memory[32], memory[1024];
	struct buf nonce, header;

	buf_init(&nonce, nonce_memory, sizeof nonce_memory);
	buf_init(&header, memory, sizeof memory);
	random_bytes(random, sizeof random);
	base64url_encode(&nonce, random, sizeof random);
	request->now = clock_unix();
	auth_sign(caller, request, buf_span(&nonce), &header);
	printf("Authorization: %s\n", header.at);
	return EXIT_OK;
}

static int run(const struct conf *conf, char **operands)
{
	const struct caller *caller = find(conf);
	struct auth_request request = {
		.method = span_of(method),
		.target = span_of(target),
		.base_path = conf->base_path,
		.body = SPAN_EMPTY,
	};
	char *body;

	(void)operands;
	if (!caller)
		return EXIT_FAULT;
	if (!body_path)
		return print(caller, &request);
	body = command_slurp(&command_sign, body_path, &request.body.len);
	if (!body)
		return EXIT_FAULT;
	request.body.at = body;
	print(caller, &request);
	free(body);
	return EXIT_OK;
}

static const struct command_option options[] = {
	{ "caller", .value = &id, .needed = true },
	{ "method", .value = &method },
	{ "target", .value = &target },
	{ "body", .value = &body_path },
	{ 0 },
};

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
	.options = options,
	.with_conf = run,
};
