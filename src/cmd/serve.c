#include "cmd/command.h"
#include "cmd/fenced.h"
#include "conf/parse.h"
#include "conf/store_kind.h"
#include "http/server.h"
#include "endpoint/routes.h"
#include "service/log.h"
#include "service/metrics.h"
#include "http/socket.h"
#include "service/clock.h"
#include "slotd/version.h"
#include "xmpp/components.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds. Without the wait, the first slots would be refused for lack
 * of credentials. */
#define CREDS_START_MS 2000
/* How often the leftovers of a reload are cleared away. */
#define TIDY_MICROS 1000000

/* --- the service manager --------------------------------------------------*/

/* Tells it a state such as "READY=1", as sd_notify(3) does; nothing without
 * NOTIFY_SOCKET. */
static void notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	ssize_t sent;
	int fd;

	if (len < 2 || len >= sizeof address.sun_path ||
	    (*path != '/' && *path != '@'))
		return;
	memcpy(address.sun_path, path, len);
	/* An address in the abstract namespace. */
	if (*path == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	    (const struct sockaddr *)&address,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	(void)sent; /* the service manager may be gone */
	close(fd);
}

/* systemd wants the time with it. */
static void notify_reloading(void)
{
	char state[64];

	snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)clock_micros());
	notify(state);
}

/* --- signals --------------------------------------------------------------*/

/* Signals are blocked and waited for, so no handler interrupts other code. */
static void block_signals(sigset_t *signals)
{
	signal(SIGPIPE, SIG_IGN);
	/* A file beyond RLIMIT_FSIZE is an error of write. */
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
	log_text(&line, "store", conf->storages[0].kind->class->type);
	log_text(&line, "version", SLOTD_VERSION);
	if (conf->warnings)
		log_text(&line, "warnings", "see slotd check");
	log_end(&line);
}

/* --- components -----------------------------------------------------------*/

static struct service *newest(void *argument)
{
	return server_service(argument);
}

static struct pool *pool_for(void *argument, enum issuance_wait wait)
{
	return server_pool(argument, wait);
}

static void use_components(
    struct components *components, const struct server *server)
{
	if (!components_use(components, server_conf(server)))
		log_note(server_log(server), CONF_LOG_ERROR, "component",
		    "reason", "out of memory or threads");
}

/* A stream goes on after a reload, whatever secret it began with. */
static void note_secrets(const struct server *server, const struct conf *before)
{
	const struct conf *conf = server_conf(server);

	for (size_t i = 0; i < conf->component_count; i++) {
		const struct conf_component *now = &conf->components[i];
		const struct conf_component *then =
		    component_find(before, now->caller.id);
		struct log_line line;

		if (!then || span_equal(then->secret, now->secret))
			continue;
		log_begin(&line, server_log(server), CONF_LOG_INFO, "reload");
		log_text(&line, "setting", "components.secret");
		log_span(&line, "component", now->caller.id);
		log_text(&line, "reason", "is used at the next connection");
		log_end(&line);
	}
}

/* --- reload ---------------------------------------------------------------*/

/* log: NULL before the service runs. */
static void say_fault(const struct log *log, const char *line)
{
	if (log)
		log_note(log, CONF_LOG_ERROR, "reload failed", "reason", line);
	else
		fprintf(stderr, "%s%s\n", log_priority(CONF_LOG_ERROR), line);
}

/* NULL after each fault was said. */
static struct conf *read_conf(const struct log *log, const char *path)
{
	char *text = NULL, *rest, *line;
	size_t len;
	FILE *faults = open_memstream(&text, &len);
	struct conf *conf;

	if (!faults) {
		say_fault(log, "out of memory");
		return NULL;
	}
	conf = conf_read_apart(path, faults, NULL);
	if (fclose(faults) != 0 || !text) {
		if (!conf)
			say_fault(log, "out of memory");
		free(text);
		return conf;
	}
	rest = text;
	while (!conf && (line = strtok_r(rest, "\n", &rest)))
		say_fault(log, line);
	free(text);
	return conf;
}

static void reload(
    struct server *server, struct components *components, const char *path)
{
	struct service *before = server_service(server);
	struct conf *conf;
	char wrong[512];
	bool done;

	notify_reloading();
	conf = read_conf(server_log(server), path);
	done = conf && server_reload(server, conf, wrong, sizeof wrong);
	metrics_reload(server->metrics, done, clock_unix());
	if (done) {
		log_note(
		    server_log(server), CONF_LOG_INFO, "reloaded", NULL, NULL);
		server_note_limit(server);
		note_secrets(server, before->conf);
		use_components(components, server);
	} else {
		if (conf)
			say_fault(server_log(server), wrong);
		say_fault(
		    server_log(server), "keeping the previous configuration");
	}
	service_release(before);
	notify("READY=1");
}

/* The next signal; 0 if none came in this time (negative: no limit). */
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

static void serve_until_end(struct server *server,
    struct components *components, const char *path, const sigset_t *signals)
{
	bool untidy = false;
	int number;

	while (true) {
		number = next_signal(signals, untidy ? TIDY_MICROS : -1);
		if (number == SIGHUP)
			reload(server, components, path);
		else if (number)
			return;
		untidy = server_tidy(server);
	}
}

/* Gives load balancers time to notice before connections are refused. Another
 * signal ends the wait. */
static void delay_end(struct server *server, const sigset_t *signals)
{
	int64_t until = clock_after(server_conf(server)->limits.drain_delay);
	int64_t left;

	notify("STOPPING=1");
	log_note(server_log(server), CONF_LOG_INFO, "stopping", NULL, NULL);
	server_drain(server);
	while ((left = until - clock_micros()) > 0) {
		int number = next_signal(signals, left);

		if (number && number != SIGHUP)
			return;
	}
}

static int serve(const char *path, struct conf *conf, struct fenced *fenced,
    const sigset_t *signals)
{
	const struct log log = { conf->log_format, conf->log_level };
	struct components components = { 0 };
	struct service *service;
	struct server *server = NULL;
	char wrong[512];

	service = service_open(conf, NULL, wrong, sizeof wrong);
	if (service) {
		service_wait(service, CREDS_START_MS);
		server = server_open(&routes_all, service, wrong, sizeof wrong);
	}
	if (!server) {
		log_note(&log, CONF_LOG_ERROR, "cannot start", "reason", wrong);
		return EXIT_FAULT;
	}
	fenced_calls(fenced);
	say_ready(&log, server_conf(server));
	fenced_log(fenced, &log);
	server_note_limit(server);
	sources_log(service->sources, &log);
	components.house = (struct component_house){
		.argument = server,
		.service = newest,
		.pool = pool_for,
		.metrics = server->metrics,
		.components = server->components,
	};
	use_components(&components, server);
	notify("READY=1");
	serve_until_end(server, &components, path, signals);
	components_end(&components);
	delay_end(server, signals);
	server_leave(server);
	components_close(&components);
	return server_close(server) ? EXIT_OK : EXIT_FAULT;
}

/* The fence around files holds for threads that start behind it. */
static int serve_fenced(
    const char *path, struct conf *conf, const sigset_t *signals)
{
	const struct log log = { conf->log_format, conf->log_level };
	struct fenced fenced;
	char wrong[512];
	int code;

	if (!service_make(conf, wrong, sizeof wrong)) {
		log_note(&log, CONF_LOG_ERROR, "cannot start", "reason", wrong);
		conf_free(conf);
		return EXIT_FAULT;
	}
	fenced = fenced_service(conf);
	if (!log_start()) {
		conf_free(conf);
		return command_fault(
		    &command_serve, "out of memory or threads");
	}
	code = serve(path, conf, &fenced, signals);
	log_stop();
	return code;
}

static int run(const char *path)
{
	struct conf *conf;
	sigset_t signals;

	block_signals(&signals);
	log_look();
	parse_start();
	conf = read_conf(NULL, path);
	return conf ? serve_fenced(path, conf, &signals) : EXIT_FAULT;
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
	.with_path = run,
};
