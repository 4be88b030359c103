#include "doctor/private.h"

#include <string.h>

/* What a check needs from earlier ones; without it, it is skipped. */
enum needs {
	NEEDS_REACHED = 1, /* the store answered */
	NEEDS_BUCKET = 2,  /* and the bucket exists */
	NEEDS_CREDS = 4,
	NEEDS_STORED = 8,  /* the object is there */
	NEEDS_READS = 16,  /* and clients can read it */
	NEEDS_PUBLIC = 32, /* public_url leads to this slotd */
	ALWAYS = 64,       /* it runs even when interrupted: it tidies up */
};

struct check {
	const char *name;
	enum verdict (*run)(struct doctor *doctor);
	unsigned needs;
	/* Whether it concerns this configuration; NULL: always. */
	bool (*applies)(const struct doctor *doctor);
};

#define WEB (NEEDS_REACHED | NEEDS_BUCKET | NEEDS_CREDS)

static const struct check s3_checks[] = {
	{ "name", check_name, 0, NULL },
	{ "connection", check_connection, 0, NULL },
	{ "clock", check_clock, NEEDS_REACHED, NULL },
	{ "credentials", check_credentials, 0, check_lacks_creds },
	{ "put", check_put, NEEDS_REACHED | NEEDS_CREDS, NULL },
	{ "size", check_size, NEEDS_STORED, NULL },
	{ "signature", check_signature, NEEDS_STORED, NULL },
	{ "relay", check_relay, NEEDS_STORED, check_relay_applies },
	{ "get", check_get, NEEDS_STORED, NULL },
	{ "head", check_head, NEEDS_READS, NULL },
	{ "download_url", check_download, 0, NULL },
	{ "public_url", check_public_url, 0, check_public_applies },
	{ "redirect", check_redirect, NEEDS_PUBLIC | NEEDS_STORED,
	    check_redirect_applies },
	{ "list", check_list, NEEDS_REACHED | NEEDS_BUCKET, NULL },
	{ "stranger-put", check_stranger_put, NEEDS_REACHED | NEEDS_BUCKET,
	    NULL },
	{ "stranger-delete", check_stranger_delete, NEEDS_STORED, NULL },
	{ "cors-put", check_cors_put, WEB, NULL },
	{ "cors-get", check_cors_get, WEB, NULL },
	{ "clients", check_clients, NEEDS_REACHED, NULL },
	{ "lifecycle", check_lifecycle, NEEDS_STORED, NULL },
	{ "key", check_key, NEEDS_STORED, NULL },
	{ "keep", check_keep, 0, check_keep_applies },
	{ "janitor", check_janitor, NEEDS_REACHED | NEEDS_BUCKET,
	    check_janitor_applies },
	{ "tidy", check_tidy, ALWAYS, NULL },
};

static bool has_folder(const struct doctor *doctor)
{
	return doctor->storage->folder;
}

/* Of a store whose files slotd takes and serves itself. */
static const struct check own_checks[] = {
	{ "folder", check_folder, 0, has_folder },
	{ "room", check_room, 0, has_folder },
	{ "public_url", check_public_url, 0, NULL },
	{ "clients", check_clients, 0, NULL },
	{ "keep", check_keep, 0, check_keep_applies },
};

static bool has(const struct doctor *doctor, unsigned needs)
{
	return (!(needs & NEEDS_REACHED) || doctor->reached) &&
	       (!(needs & NEEDS_BUCKET) || !doctor->no_bucket) &&
	       (!(needs & NEEDS_CREDS) || !doctor->no_creds) &&
	       (!(needs & NEEDS_STORED) || doctor->stored) &&
	       (!(needs & NEEDS_READS) || doctor->reads) &&
	       (!(needs & NEEDS_PUBLIC) || doctor->public_leads);
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = { "ok", "warning", "failure",
		"skipped" };

	return names[verdict];
}

void doctor_begin(
    struct finding *finding, struct doctor_view *view, const char *name)
{
	finding->name = name;
	buf_init(
	    &finding->seen, finding->seen_memory, sizeof finding->seen_memory);
	buf_init(&finding->change, finding->change_memory,
	    sizeof finding->change_memory);
	view->begin(view, name);
}

void doctor_end(struct finding *finding, struct doctor_view *view,
    enum verdict verdict, unsigned counts[VERDICT_COUNT])
{
	finding->verdict = verdict;
	counts[verdict]++;
	view->end(view, finding);
}

static void run_one(struct doctor *doctor, const struct check *check,
    struct doctor_view *view, unsigned *counts)
{
	enum verdict verdict = VERDICT_SKIPPED;

	doctor_begin(&doctor->finding, view, check->name);
	if (!(check->needs & ALWAYS) && fetch_stopped(doctor->stop))
		seen(doctor, "interrupted");
	else if (has(doctor, check->needs))
		verdict = check->run(doctor);
	doctor_end(&doctor->finding, view, verdict, counts);
}

void doctor_run(struct doctor *doctor, struct doctor_view *view,
    unsigned ret_counts[VERDICT_COUNT])
{
	const bool s3 = doctor->storage->s3;
	const struct check *checks = s3 ? s3_checks : own_checks;
	const size_t count = s3 ? sizeof s3_checks / sizeof *s3_checks
				: sizeof own_checks / sizeof *own_checks;

	memset(ret_counts, 0, VERDICT_COUNT * sizeof *ret_counts);
	for (size_t i = 0; i < count; i++)
		if (!checks[i].applies || checks[i].applies(doctor))
			run_one(doctor, &checks[i], view, ret_counts);
}
