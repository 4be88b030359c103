#include "cmd/creds.h"
#include "cmd/options.h"
#include "doctor/report.h"
#include "http/world.h"

#include <signal.h>
#include <stdio.h>

static volatile sig_atomic_t stopped;
/* What --now is off the real time by. */
static int64_t shift;

static void stop(int signal_number)
{
	stopped = signal_number;
}

static void catch_signals(void)
{
	const struct sigaction action = { .sa_handler = stop };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* A file beyond RLIMIT_FSIZE is an error of its own. */
	signal(SIGXFSZ, SIG_IGN);
}

static int64_t service_clock(void)
{
	return world_unix() + shift;
}

/* One storage; gives how many failures there were. */
static unsigned examine(const struct conf *conf,
    const struct conf_storage *storage, const char *no_creds,
    struct report *report)
{
	static struct doctor doctor;
	unsigned counts[VERDICT_COUNT];

	doctor = (struct doctor){
		.conf = conf,
		.storage = storage,
		.clock = service_clock,
		.fetch = fetch_do,
		.stop = &stopped,
		.no_creds = *no_creds ? no_creds : NULL,
	};
	report_begin(report, storage->name);
	doctor_run(&doctor, &report->view, counts);
	report_end(report, counts);
	return counts[VERDICT_FAILURE];
}

/* All storages, or the one of this name. */
static int examine_all(const struct conf *conf,
    const struct command_creds *creds, const char *name,
    enum report_format format)
{
	unsigned failures = 0;
	struct report report;

	report_init(&report, stdout, format);
	report_open(&report);
	for (size_t i = 0; i < conf->storage_count && !stopped; i++) {
		const struct conf_storage *storage = &conf->storages[i];

		if (!name || span_is(storage->name, name))
			failures +=
			    examine(conf, storage, creds->why[i], &report);
	}
	report_close(&report, report.storages && !stopped, world_unix());
	if (stopped)
		fputs("slotd doctor: interrupted\n", stderr);
	if (!report.storages && !stopped) {
		fprintf(stderr, "slotd doctor: there is no storage of this "
				"name\n");
		return EXIT_FAULT;
	}
	return failures || stopped ? EXIT_FAULT : EXIT_OK;
}

static int work(
    const struct conf *conf, const char *name, enum report_format format)
{
	struct command_creds creds;
	int code = EXIT_FAULT;

	if (command_creds_get(&creds, "doctor", conf, name) && fetch_start()) {
		code = examine_all(conf, &creds, name, format);
		fetch_end();
	}
	command_creds_done(&creds);
	return code;
}

static int run(int argc, char **argv)
{
	const char *path = NULL, *now = NULL, *name = NULL;
	const struct option_value options[] = { { "config", 'c', &path },
		{ "now", 0, &now }, { "storage", 0, &name }, { 0 } };
	const bool json = options_flag("--json", &argc, argv);
	const bool prometheus = options_flag("--prometheus", &argc, argv);
	struct conf *conf;
	uint64_t seconds;
	int first, code;

	if (!options_read(&command_doctor, argc, argv, options, &first))
		return EXIT_USAGE;
	if (!options_operands(&command_doctor, argc, argv, first, 0, NULL))
		return EXIT_USAGE;
	if (json && prometheus)
		return options_wrong(&command_doctor,
		    "--json and --prometheus exclude each other");
	if (now && (!span_u64(span_of(now), &seconds) || seconds > INT32_MAX))
		return options_wrong(
		    &command_doctor, "--now must be a number of seconds");
	if (now)
		shift = (int64_t)seconds - world_unix();
	conf = conf_read(path, stderr, NULL);
	if (!conf)
		return EXIT_FAULT;
	catch_signals();
	code = work(conf, name,
	    prometheus ? REPORT_PROMETHEUS
	    : json     ? REPORT_JSON
		       : REPORT_TEXT);
	conf_free(conf);
	return code;
}

const struct command command_doctor = {
	"doctor",
	"try the storage, and say what to change",
	"usage: slotd doctor [-c FILE] [--storage NAME] [--json|--prometheus]\n"
	"                    [--now SECONDS]\n"
	"\n"
	"Tries each configured storage (or the one with this name) for real,\n"
	"with one small object, slotd-doctor/probe.txt, that it removes again\n"
	"if it is allowed to. Where clients need public_url, that must lead\n"
	"to a running \"slotd serve\" with this configuration.\n"
	"A line for each check says what was seen; the lines below it say\n"
	"what to change. Exits with 1 if a check failed, else with 0.\n"
	"\n"
	"  --json         prints JSON\n"
	"  --prometheus   prints metrics for the textfile collector of\n"
	"                 Prometheus' node exporter\n"
	"  --now SECONDS  uses this time, in unix seconds, not the clock's\n"
	"\n"
	"The environment variable SSL_CERT_FILE names a file of certificates\n"
	"to trust; NO_COLOR turns colours off.\n",
	run,
};
