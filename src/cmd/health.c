#include "cmd/options.h"
#include "http/socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SECONDS 5

static const char request[] = "GET /healthz HTTP/1.1\r\n"
			      "Host: localhost\r\n"
			      "Connection: close\r\n\r\n";

/* Reads the status line; the rest does not matter. */
static bool ask(int fd, char *answer, size_t size)
{
	const struct timeval limit = { SECONDS, 0 };
	size_t len = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) !=
	    (ssize_t)sizeof request - 1)
		return false;
	while (len + 1 < size) {
		ssize_t got = recv(fd, answer + len, size - 1 - len, 0);

		if (got <= 0)
			break;
		len += (size_t)got;
	}
	answer[len] = '\0';
	return strncmp(answer, "HTTP/1.1 200 ", 13) == 0;
}

static int check(const struct conf *conf)
{
	char memory[256], answer[64];
	struct buf name;
	bool well;
	int fd;

	buf_init(&name, memory, sizeof memory);
	socket_name(&conf->listen, &name);
	fd = socket_connect(&conf->listen);
	if (fd < 0) {
		fprintf(
		    stderr, "slotd health: %s: %s\n", name.at, strerror(errno));
		return EXIT_FAULT;
	}
	well = ask(fd, answer, sizeof answer);
	close(fd);
	if (!well)
		fprintf(stderr, "slotd health: %s: no 200 from /healthz\n",
		    name.at);
	return well ? EXIT_OK : EXIT_FAULT;
}

static int run(int argc, char **argv)
{
	return options_run(&command_health, argc, argv, check);
}

const struct command command_health = {
	"health",
	"ask the running service whether it lives",
	"usage: slotd health -c FILE\n"
	"\n"
	"Asks /healthz of the service that runs with this configuration, for\n"
	"container health checks. Exits with 0 when it answers 200 within 5\n"
	"seconds, else with 1.\n",
	run,
};
