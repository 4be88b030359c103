#include "cmd/command.h"
#include "cmd/creds.h"
#include "cmd/mend.h"
#include "doctor/report.h"
#include "http/socket.h"
#include "service/clock.h"

#include <stdio.h>
#include <string.h>

/* Without one (-1) the request that runs is not broken off. */
static int end_file;
static const char *now_text, *name;
static bool json, prometheus, fix, yes;
static int64_t shift; /* seconds that --now is ahead of the real time */

static int64_t service_clock(void)
{
	return clock_unix() + shift;
}

/* Checks one storage; gives the number of failures. */
static unsigned look(struct doctor *doctor, const struct conf *conf,
    const struct conf_storage *storage, const char *no_creds,
    struct report *report)
{
	unsigned counts[VERDICT_COUNT];

	*doctor = (struct doctor){
		.conf = conf,
		.storage = storage,
		.clock = service_clock,
		.fetch = fetch,
		.stop = end_file,
		.no_creds = *no_creds ? no_creds : NULL,
	};
	report_begin(report, "storage", storage->name);
	doctor_run(doctor, &report->view, counts);
	report_end(report, counts);
	return counts[VERDICT_FAILURE];
}

/* The same, and mends it. */
static unsigned examine(const struct conf *conf,
    const struct conf_storage *storage, const char *no_creds,
    const struct creds_value *admin, struct report *report)
{
	static struct doctor doctor;
	unsigned failures = look(&doctor, conf, storage, no_creds, report);

	if (!admin || !storage->s3)
		return failures;
	switch (mend(&doctor, admin, yes, end_file, report)) {
	case MEND_NOTHING:
		break;
	case MEND_DONE:
		failures = look(&doctor, conf, storage, no_creds, report);
		break;
	case MEND_PARTLY:
		failures = look(&doctor, conf, storage, no_creds, report) + 1;
		break;
	case MEND_FAILED:
		failures++;
		break;
	}
	/* URLs have session tokens. */
	wipe(&doctor, sizeof doctor);
	return failures;
}

/* --- components -----------------------------------------------------------*/

/* A line of /metrics that is looked for, across pieces. */
struct search {
	const char *wanted; /* up to the value */
	enum doctor_held held;
	char line[512];
	size_t len;
};

static bool search(void *of, struct span bytes)
{
	struct search *search = of;
	const size_t wanted = strlen(search->wanted);

	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.at[i] != '\n') {
			/* A line that is longer is another one. */
			if (search->len < sizeof search->line)
				search->line[search->len++] = bytes.at[i];
			continue;
		}
		if (search->len == wanted + 1 &&
		    memcmp(search->line, search->wanted, wanted) == 0)
			search->held = search->line[wanted] == '1'
					   ? DOCTOR_HELD
					   : DOCTOR_HELD_NO;
		search->len = 0;
	}
	return true;
}

/* Asks the slotd that runs with this configuration. */
static enum doctor_held ask_running(
    const struct conf *conf, const struct conf_component *component)
{
	static struct fetch_reply reply;
	char wanted[400], memory[320];
	struct search found = { .wanted = wanted };
	struct buf url = buf_of(memory, sizeof memory);
	struct fetch_request request = {
		.method = "GET",
		.url = memory,
		.direct = true,
		.any_certificate = true,
		.unix_path = conf->listen.unix_path,
		.seconds = 5,
		.take = search,
		.of = &found,
	};

	snprintf(wanted, sizeof wanted,
	    "slotd_component_up{component=\"%.*s\"} ",
	    (int)component->caller.id.len, component->caller.id.at);
	socket_url(&conf->listen, &url);
	buf_text(&url, "/metrics");
	fetch(&request, end_file, &reply);
	return found.held;
}

static unsigned examine_component(const struct conf *conf,
    const struct conf_component *component, struct report *report)
{
	unsigned counts[VERDICT_COUNT];

	report_begin(report, "component", component->caller.id);
	doctor_component_run(component, ask_running(conf, component), end_file,
	    &report->view, counts);
	report_end(report, counts);
	return counts[VERDICT_FAILURE];
}

/* --- all ------------------------------------------------------------------*/

static int examine_all(const struct conf *conf,
    const struct command_creds *creds, const struct creds_value *admin)
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
			failures += examine(
			    conf, storage, creds->list[i].why, admin, &report);
	}
	for (size_t i = 0; !name && i < conf->component_count; i++)
		if (!command_ended())
			failures += examine_component(
			    conf, &conf->components[i], &report);
	report_close(&report, report.groups && !command_ended(), clock_unix());
	if (command_ended())
		return command_fault(&command_doctor, "interrupted");
	if (!report.groups)
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
	if (fix && (json || prometheus))
		return command_wrong(&command_doctor,
		    "--fix prints text: neither --json nor --prometheus");
	if (yes && !fix)
		return command_wrong(&command_doctor, "--yes needs --fix");
	if (!command_number(&command_doctor, now_text, INT32_MAX,
		"--now must be a number of seconds", &now))
		return false;
	if (now_text)
		shift = (int64_t)now - clock_unix();
	return true;
}

static bool has_bucket(const struct conf *conf)
{
	for (size_t i = 0; i < conf->storage_count; i++)
		if (conf->storages[i].s3 &&
		    (!name || span_is(conf->storages[i].name, name)))
			return true;
	return false;
}

static int run(const struct conf *conf, char **operands)
{
	struct command_creds creds;
	struct creds_value admin;
	int code = EXIT_FAULT;

	(void)operands;
	if (fix && !has_bucket(conf))
		return command_fault(&command_doctor,
		    "--fix is for buckets, and there is no such storage");
	if (fix && !mend_creds(&admin))
		return EXIT_FAULT;
	end_file = command_catch_end();
	if (command_creds_get(&creds, "doctor", conf, name) && fetch_start()) {
		code = examine_all(conf, &creds, fix ? &admin : NULL);
		fetch_end();
	}
	command_creds_done(&creds);
	if (fix)
		mend_forget(&admin);
	return code;
}

static const struct command_option options[] = {
	{ "storage", .value = &name },
	{ "now", .value = &now_text },
	{ "json", .flag = &json },
	{ "prometheus", .flag = &prometheus },
	{ "fix", .flag = &fix },
	{ "yes", .flag = &yes },
	{ 0 },
};

const struct command command_doctor = {
	"doctor",
	"try storages and components, and say what to change",
	"usage: slotd doctor [-c FILE] [--storage NAME] [--json|--prometheus]\n"
	"                    [--now SECONDS]\n"
	"       slotd doctor --fix [--yes] [-c FILE] [--storage NAME]\n"
	"\n"
	"Tries each configured storage (or only that of this name) for real,\n"
	"with one small object, slotd-doctor/probe.txt, that it removes again\n"
	"if it is allowed to. Where clients need public_url, that must lead\n"
	"to a running \"slotd serve\" with this configuration.\n"
	"Connects to the XMPP server of each component, too, unless the\n"
	"running service is connected, and asks the domain above whether it\n"
	"lists the component.\n"
	"A line for each check says what was seen; the lines below it say\n"
	"what to change. Exits with 1 if a check failed, else with 0.\n"
	"\n"
	"  --json         prints JSON\n"
	"  --prometheus   prints metrics for the textfile collector of\n"
	"                 Prometheus' node exporter\n"
	"  --now SECONDS  uses this time, in unix seconds, not the clock's\n"
	"  --fix          sets the CORS rule, lifecycle rules and the public\n"
	"                 access block of each bucket, where they are "
	"missing:\n"
	"                 shows what it will set, asks, and checks again. "
	"Rules\n"
	"                 of others stay as they are. The environment has an\n"
	"                 administrator's key: AWS_ACCESS_KEY_ID,\n"
	"                 AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN\n"
	"  --yes          does not ask\n"
	"\n"
	"The environment variable SSL_CERT_FILE names a file of certificates\n"
	"to trust; NO_COLOR turns colours off.\n",
	.options = options,
	.check = check,
	.tries_janitor = true,
	.with_conf = run,
};
