#include "cmd/command.h"
#include "cmd/creds.h"
#include "doctor/report.h"
#include "service/clock.h"

#include <stdio.h>

/* Without one (-1) the request that runs is not broken off. */
static int end_file;
static const char *now_text, *name;
static bool json, prometheus;
static int64_t shift; /* seconds that --now is ahead of the real time */

static int64_t service_clock(void)
{
	return clock_unix() + shift;
}

/* Checks one storage; gives the number of failures. */
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
		.fetch = fetch,
		.stop = end_file,
		.no_creds = *no_creds ? no_creds : NULL,
	};
	report_begin(report, storage->name);
	doctor_run(&doctor, &report->view, counts);
	report_end(report, counts);
	return counts[VERDICT_FAILURE];
}

static int examine_all(
    const struct conf *conf, const struct command_creds *creds)
{
	unsigned failures = 0;
	struct report report;

	report_init(&report, stdout,
	    prometheus ? REPORT_PROMETHEUS
	    : json     ? REPORT_JSON
		       : REPORT_TEXT);
	report_open(&report);
	for (size_t i = 0; i < conf->storage_count && !command_ended(); i++) {
		const struct conf_storage *storage = &conf->storages[i];

		if (!name || span_is(storage->name, name))
			failures +=
			    examine(conf, storage, creds->list[i].why, &report);
	}
	report_close(
	    &report, report.storages && !command_ended(), clock_unix());
	if (command_ended())
		return command_fault(&command_doctor, "interrupted");
	if (!report.storages)
		return command_fault(
		    &command_doctor, "there is no storage of this name");
	return failures ? EXIT_FAULT : EXIT_OK;
}

static bool check(char **operands)
{
	uint64_t now;

	(void)operands;
	if (json && prometheus)
		return command_wrong(&command_doctor,
		    "--json and --prometheus exclude each other");
	if (!command_number(&command_doctor, now_text, INT32_MAX,
		"--now must be a number of seconds", &now))
		return false;
	if (now_text)
		shift = (int64_t)now - clock_unix();
	return true;
}

static int run(const struct conf *conf, char **operands)
{
	struct command_creds creds;
	int code = EXIT_FAULT;

	(void)operands;
	end_file = command_catch_end();
	if (command_creds_get(&creds, "doctor", conf, name) && fetch_start()) {
		code = examine_all(conf, &creds);
		fetch_end();
	}
	command_creds_done(&creds);
	return code;
}

static const struct command_option options[] = {
	{ "storage", .value = &name },
	{ "now", .value = &now_text },
	{ "json", .flag = &json },
	{ "prometheus", .flag = &prometheus },
	{ 0 },
};

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
	.options = options,
	.check = check,
	.tries_janitor = true,
	.with_conf = run,
};
