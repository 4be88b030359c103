#include "doctor/private.h"

#include <string.h>

struct check {
	const char *name;
	enum verdict (*run)(struct doctor *doctor);
	bool always; /* even when interrupted: it tidies up */
};

static const struct check s3_checks[] = {
	{ "name", check_name, false },
	{ "connection", check_connection, false },
	{ "clock", check_clock, false },
	{ "put", check_put, false },
	{ "size", check_size, false },
	{ "signature", check_signature, false },
	{ "get", check_get, false },
	{ "head", check_head, false },
	{ "download_url", check_download, false },
	{ "list", check_list, false },
	{ "stranger-put", check_stranger_put, false },
	{ "stranger-delete", check_stranger_delete, false },
	{ "cors-put", check_cors_put, false },
	{ "cors-get", check_cors_get, false },
	{ "clients", check_clients, false },
	{ "lifecycle", check_lifecycle, false },
	{ "key", check_key, false },
	{ "tidy", check_tidy, true },
};

static const struct check fs_checks[] = {
	{ "folder", check_folder, false },
	{ "room", check_room, false },
	{ "public_url", check_public_url, false },
	{ "clients", check_clients, false },
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
	if (!check->always && doctor->stop && *doctor->stop) {
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
		run_one(doctor, &checks[i], view, ret_counts);
}
