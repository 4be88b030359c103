#include "cmd/notify.h"
#include "cmd/options.h"
#include "http/edge.h"
#include "http/routes.h"
#include "http/log.h"
#include "http/metrics.h"
#include "http/socket.h"
#include "http/world.h"
#include "slotd/version.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Milliseconds: without credentials the first slots would be refused. */
#define CREDS_START_MS 2000
/* Between looks at what a reload has left behind. */
#define TIDY_MICROS 1000000

/* Signals are waited for, not handled: no code runs between other code. */
static void block_signals(sigset_t *signals)
{
	signal(SIGPIPE, SIG_IGN);
	/* A file beyond RLIMIT_FSIZE is an error of its own. */
	signal(SIGXFSZ, SIG_IGN);
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

/* A line of the log for each that conf_read has written. */
static void log_lines(const struct log *log, enum conf_log_level level,
    const char *message, char *lines)
{
	char *rest = lines, *line;

	while ((line = strtok_r(rest, "\n", &rest)))
		log_note(log, level, message, "reason", line);
}

/* NULL: the log says why. */
static struct conf *read_again(const struct log *log, const char *path)
{
	char *text = NULL;
	size_t len;
	FILE *faults = open_memstream(&text, &len);
	struct conf *conf;

	if (!faults) {
		log_note(log, CONF_LOG_ERROR, "reload failed", "reason",
		    "out of memory");
		return NULL;
	}
	conf = conf_read_apart(path, faults, NULL);
	fclose(faults);
	if (!conf && text)
		log_lines(log, CONF_LOG_ERROR, "reload failed", text);
	free(text);
	return conf;
}

static void reload(struct edge *edge, const char *path)
{
	struct conf *conf;
	char wrong[512];
	bool done;

	notify_reloading();
	conf = read_again(edge_log(edge), path);
	done = conf && edge_reload(edge, conf, wrong, sizeof wrong);
	metrics_reload(edge_metrics(edge), done, world_unix());
	if (done) {
		log_note(edge_log(edge), CONF_LOG_INFO, "reloaded", NULL, NULL);
		edge_note_limit(edge);
	} else {
		if (conf)
			log_note(edge_log(edge), CONF_LOG_ERROR,
			    "reload failed", "reason", wrong);
		log_note(edge_log(edge), CONF_LOG_ERROR, "reload failed",
		    "reason", "the configuration before stays in force");
	}
	notify("READY=1");
}

/* The next signal; 0 when so many microseconds have passed (negative: it
 * waits for ever). */
static int next_signal(const sigset_t *signals, int64_t micros)
{
	const struct timespec time = { micros / 1000000,
		micros % 1000000 * 1000 };
	int number;

	do {
		number = sigtimedwait(signals, NULL, micros < 0 ? NULL : &time);
	} while (number < 0 && errno == EINTR);
	return number < 0 ? 0 : number;
}

static void serve_until_end(
    struct edge *edge, const char *path, const sigset_t *signals)
{
	bool untidy = false;
	int number;

	while (true) {
		number = next_signal(signals, untidy ? TIDY_MICROS : -1);
		if (number == SIGHUP)
			reload(edge, path);
		else if (number)
			return;
		untidy = edge_tidy(edge);
	}
}

/* Who balances the load is to notice before nobody answers. Another signal
 * ends the wait. */
static void delay_end(struct edge *edge, const sigset_t *signals)
{
	int64_t until = world_micros() +
			(int64_t)edge_conf(edge)->limits.drain_delay * 1000000;
	int64_t left;

	notify("STOPPING=1");
	log_note(edge_log(edge), CONF_LOG_INFO, "stopping", NULL, NULL);
	edge_drain(edge);
	while ((left = until - world_micros()) > 0) {
		int number = next_signal(signals, left);

		if (number && number != SIGHUP)
			return;
	}
}

/* NULL after its faults were said on stderr. */
static struct conf *read_first(const char *path)
{
	char *text = NULL, *rest, *line;
	size_t len;
	FILE *faults = open_memstream(&text, &len);
	struct conf *conf;

	if (!faults)
		return conf_read_apart(path, stderr, NULL);
	conf = conf_read_apart(path, faults, NULL);
	fclose(faults);
	rest = text;
	while (!conf && (line = strtok_r(rest, "\n", &rest)))
		fprintf(stderr, "%s%s\n", log_priority(CONF_LOG_ERROR), line);
	free(text);
	return conf;
}

static int serve(const char *path, struct conf *conf, const sigset_t *signals)
{
	const struct log log = { conf->log_format, conf->log_level };
	struct service *service;
	struct edge *edge = NULL;
	char wrong[512];

	service = service_open(conf, NULL, wrong, sizeof wrong);
	if (service) {
		service_wait(service, CREDS_START_MS);
		edge = edge_open(&routes_all, service, wrong, sizeof wrong);
	}
	if (!edge) {
		log_note(&log, CONF_LOG_ERROR, "cannot start", "reason", wrong);
		return EXIT_FAULT;
	}
	say_ready(&log, edge_conf(edge));
	edge_note_limit(edge);
	sources_log(service->sources, &log);
	notify("READY=1");
	serve_until_end(edge, path, signals);
	delay_end(edge, signals);
	return edge_close(edge) ? EXIT_OK : EXIT_FAULT;
}

static int run(int argc, char **argv)
{
	const char *path = options_only_path(&command_serve, argc, argv);
	int code = EXIT_FAULT;
	struct conf *conf;
	sigset_t signals;

	if (!path)
		return EXIT_USAGE;
	block_signals(&signals);
	if (!log_start()) {
		fputs("slotd serve: out of memory or threads\n", stderr);
		return EXIT_FAULT;
	}
	conf = read_first(path);
	if (conf)
		code = serve(path, conf, &signals);
	log_stop();
	return code;
}

const struct command command_serve = {
	"serve",
	"run the service in the foreground",
	"usage: slotd serve [-c FILE]\n"
	"\n"
	"Runs the service in the foreground. Writes one line to stderr when\n"
	"it is ready, then one for each request.\n"
	"SIGTERM and SIGINT end it: running requests are answered first, for\n"
	"at most limits.drain_timeout seconds. SIGHUP reads the configuration\n"
	"again; if that has a mistake, the previous one stays.\n",
	run,
};
