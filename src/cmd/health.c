#include "cmd/command.h"
#include "http/socket.h"
#include "net/fetch.h"

#include <stdio.h>

#define SECONDS 5

static int check(const struct conf *conf, char **operands)
{
	char memory[320], name_memory[256];
	static struct fetch_reply reply;
	struct fetch_request request = {
		.method = "GET",
		.direct = true,
		.any_certificate = true,
		.unix_path = conf->listen.unix_path,
		.seconds = SECONDS,
	};
	struct buf url, name;

	(void)operands;
	buf_init(&name, name_memory, sizeof name_memory);
	socket_name(&conf->listen, &name);
	buf_init(&url, memory, sizeof memory);
	socket_url(&conf->listen, &url);
	buf_text(&url, "/healthz");
	request.url = url.at;
	if (!fetch_start())
		return EXIT_FAULT;
	fetch(&request, -1, &reply);
	fetch_end();
	if (reply.result == FETCH_ANSWERED && reply.status == 200)
		return EXIT_OK;
	if (reply.result == FETCH_ANSWERED)
		return command_fault(&command_health,
		    "%s: /healthz answered %u", name.at, reply.status);
	return command_fault(&command_health, "%s: %s", name.at, reply.error);
}

const struct command command_health = {
	"health",
	"ask the running service whether it lives",
	"usage: slotd health [-c FILE]\n"
	"\n"
	"Asks /healthz of the service that runs with this configuration, for\n"
	"container health checks. Exits with 0 if it answers 200 within 5\n"
	"seconds, else with 1.\n",
	.with_conf = check,
};
