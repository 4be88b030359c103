/*
 * The floor under a slot: libmicrohttpd alone, one thread with epoll, which
 * reads every request to its end and answers with a constant.
 *
 * Usage: bare PORT BODY "Name: value"...
 */
#include <microhttpd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum MHD_Result answer(void *argument, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *data,
    size_t *size, void **state)
{
	static int begun;

	(void)url, (void)method, (void)version, (void)data;
	if (!*state) {
		*state = &begun;
		return MHD_YES;
	}
	if (*size) {
		*size = 0;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, argument);
}

/* Each argument is "Name: value". */
static bool add_headers(struct MHD_Response *response, char **lines)
{
	for (; *lines; lines++) {
		char *colon = strchr(*lines, ':');

		if (!colon)
			return false;
		*colon = '\0';
		if (MHD_add_response_header(response, *lines,
			colon + 1 + strspn(colon + 1, " ")) != MHD_YES)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct MHD_Response *response;
	struct MHD_Daemon *daemon;
	sigset_t end;
	int number;

	if (argc < 3)
		return 2;
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &end, NULL);
	response = MHD_create_response_from_buffer(
	    strlen(argv[2]), argv[2], MHD_RESPMEM_PERSISTENT);
	if (!response || !add_headers(response, argv + 3))
		return 2;
	daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD,
	    (uint16_t)strtoul(argv[1], NULL, 10), NULL, NULL, answer, response,
	    MHD_OPTION_CONNECTION_LIMIT, 4096u, MHD_OPTION_END);
	if (!daemon) {
		fprintf(stderr, "bare: cannot listen on port %s\n", argv[1]);
		return 1;
	}
	sigwait(&end, &number);
	MHD_stop_daemon(daemon);
	MHD_destroy_response(response);
	return 0;
}
