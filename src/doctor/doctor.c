#include "doctor/private.h"

#include <string.h>

struct check {
	const char *name;
	enum verdict (*run)(struct doctor *doctor);
	bool always; /* even when interrupted: it tidies up */
	/* Whether this configuration has what it is about; NULL: always. */
	bool (*applies)(const struct doctor *doctor);
};

static const struct check s3_checks[] = {
	{ "name", check_name, false, NULL },
	{ "connection", check_connection, false, NULL },
	{ "clock", check_clock, false, NULL },
	{ "credentials", check_credentials, false, lacks_credentials },
	{ "put", check_put, false, NULL },
	{ "size", check_size, false, NULL },
	{ "signature", check_signature, false, NULL },
	{ "relay", check_relay, false, relay_applies },
	{ "get", check_get, false, NULL },
	{ "head", check_head, false, NULL },
	{ "download_url", check_download, false, NULL },
	{ "public_url", check_public_url, false, public_applies },
	{ "redirect", check_redirect, false, redirect_applies },
	{ "list", check_list, false, NULL },
	{ "stranger-put", check_stranger_put, false, NULL },
	{ "stranger-delete", check_stranger_delete, false, NULL },
	{ "cors-put", check_cors_put, false, NULL },
	{ "cors-get", check_cors_get, false, NULL },
	{ "clients", check_clients, false, NULL },
	{ "lifecycle", check_lifecycle, false, NULL },
	{ "key", check_key, false, NULL },
	{ "tidy", check_tidy, true, NULL },
};

static const struct check fs_checks[] = {
	{ "folder", check_folder, false, NULL },
	{ "room", check_room, false, NULL },
	{ "public_url", check_public_url, false, NULL },
	{ "clients", check_clients, false, NULL },
};

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = { "ok", "warning", "failure",
		"skipped" };

	return names[verdict];
}

static void run_one(struct doctor *doctor, const struct check *check,
    struct doctor_view *view, unsigned *counts)
{
	struct finding *finding = &doctor->finding;

	finding->name = check->name;
	buf_init(
	    &finding->seen, finding->seen_memory, sizeof finding->seen_memory);
	buf_init(&finding->change, finding->change_memory,
	    sizeof finding->change_memory);
	view->begin(view, check->name);
	if (!check->always && fetch_stopped(doctor->stop)) {
		finding->verdict = VERDICT_SKIPPED;
		seen(doctor, "interrupted");
	} else {
		finding->verdict = check->run(doctor);
	}
	counts[finding->verdict]++;
	view->end(view, finding);
}

void doctor_run(struct doctor *doctor, struct doctor_view *view,
    unsigned ret_counts[VERDICT_COUNT])
{
	const bool s3 = doctor->storage->type == CONF_STORE_S3;
	const struct check *checks = s3 ? s3_checks : fs_checks;
	const size_t count = s3 ? sizeof s3_checks / sizeof *s3_checks
				: sizeof fs_checks / sizeof *fs_checks;

	memset(ret_counts, 0, VERDICT_COUNT * sizeof *ret_counts);
	for (size_t i = 0; i < count; i++)
		if (!checks[i].applies || checks[i].applies(doctor))
			run_one(doctor, &checks[i], view, ret_counts);
}
