#include "cmd/options.h"
#include "core/hash.h"
#include "http/edge.h"
#include "http/log.h"
#include "http/socket.h"
#include "slotd/version.h"

#include <signal.h>
#include <stdio.h>

/* Signals are waited for, not handled: no code runs between other code. */
static void block_signals(sigset_t *signals)
{
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, signals, NULL);
}

static void say_ready(const struct log *log, const struct conf *conf)
{
	struct log always = { log->format, CONF_LOG_INFO };
	struct log_line line;
	char memory[256];
	struct buf name;

	buf_init(&name, memory, sizeof memory);
	log_begin(&line, &always, CONF_LOG_INFO, "ready");
	socket_name(&conf->listen, &name);
	log_span(&line, "listen", buf_span(&name));
	if (conf->has_public) {
		buf_reset(&name);
		socket_name(&conf->public, &name);
		log_span(&line, "public", buf_span(&name));
	}
	log_text(&line, "store",
	    conf->storages[0].type == CONF_STORE_FS ? "fs" : "s3");
	log_text(&line, "version", SLOTD_VERSION);
	if (conf->warnings)
		log_text(&line, "warnings", "see slotd check");
	log_end(&line);
}

static void wait_for_end(const struct log *log, const sigset_t *signals)
{
	int number;

	while (true) {
		if (sigwait(signals, &number) != 0)
			continue;
		if (number != SIGHUP)
			break;
		log_note(log, CONF_LOG_WARN, "reload", "reason",
		    "not supported yet; restart to read the configuration");
	}
	log_note(log, CONF_LOG_INFO, "stopping", NULL, NULL);
}

static int serve(const struct conf *conf)
{
	const struct log log = { conf->log_format, conf->log_level };
	struct service service;
	struct edge *edge;
	sigset_t signals;
	char wrong[512];

	block_signals(&signals);
	if (!service_open(&service, conf, wrong, sizeof wrong)) {
		log_note(&log, CONF_LOG_ERROR, "cannot start", "reason", wrong);
		service_close(&service);
		return EXIT_FAULT;
	}
	edge = edge_open(&service, wrong, sizeof wrong);
	if (!edge) {
		log_note(&log, CONF_LOG_ERROR, "cannot start", "reason", wrong);
		service_close(&service);
		return EXIT_FAULT;
	}
	say_ready(&log, conf);
	wait_for_end(&log, &signals);
	edge_close(edge);
	service_close(&service);
	return EXIT_OK;
}

static int run(int argc, char **argv)
{
	return options_run(&command_serve, argc, argv, serve);
}

const struct command command_serve = {
	"serve",
	"run the service in the foreground",
	"usage: slotd serve -c FILE\n"
	"\n"
	"Runs the service in the foreground. Says one line on stderr when it "
	"is\n"
	"ready, then one for each request. SIGTERM or SIGINT end it: what runs "
	"is\n"
	"answered first, for limits.drain_timeout seconds at the most.\n",
	run,
};
