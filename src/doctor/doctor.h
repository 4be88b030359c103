#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include "conf/conf.h"
#include "net/fetch.h"

/* Bytes of any URL: a session token of 4096 bytes may triple when escaped. */
#define DOCTOR_URL_SIZE 20480

/*
 * Tries a storage for real, with a small object of a fixed name that it
 * removes again if it may, and says what an operator must change. No text
 * contains a secret.
 */

enum verdict {
	VERDICT_OK,
	VERDICT_WARNING,
	VERDICT_FAILURE,
	VERDICT_SKIPPED, /* it needs an earlier check that failed */
	VERDICT_COUNT
};

/* The result of a check. */
struct finding {
	const char *name; /* "put": stable, for machines */
	enum verdict verdict;
	struct buf seen;   /* what was seen: one line */
	struct buf change; /* what to change: lines, or empty */
	char seen_memory[2048];
	char change_memory[8192];
};

/* Receives the findings, each valid during the call. */
struct doctor_view {
	void (*begin)(struct doctor_view *view, const char *name);
	void (*end)(struct doctor_view *view, const struct finding *finding);
};

struct doctor {
	/* Set by the caller, and only read. */
	const struct conf *conf;
	const struct conf_storage *storage;
	const char *no_creds;   /* why there are no credentials; or NULL */
	int64_t (*clock)(void); /* unix seconds */
	/* fetch, or what stands in for it in a test. */
	void (*fetch)(const struct fetch_request *request, int stop,
	    struct fetch_reply *ret_reply);
	int stop; /* a file that is readable after a signal; -1: never */

	/* Signs requests instead of the storage's credentials, while a check
	 * sets it; else NULL. */
	const struct creds_value *signer;

	/* What earlier checks found out; zeros at the start. */
	bool reached;          /* the store answered */
	bool stored;           /* the object is there */
	bool touched;          /* it may be there, and must be removed */
	bool stranger_touched; /* so may the stranger's */
	bool unsure;           /* the result of the slot's PUT is unknown */
	bool reads;            /* clients can read the object */
	bool public_leads;     /* public_url leads to this slotd */
	bool no_bucket;        /* the store says that there is no bucket */
	bool has_rules;        /* the bucket has lifecycle rules */
	bool no_rules;         /* it is known to have none */
	bool told_cors;        /* advice that was given already */
	bool told_strangers;
	int64_t ahead; /* seconds that our clock is wrong by, if many */
	unsigned put_status;
	char put_origin[128]; /* the PUT's Access-Control-Allow-Origin */
	bool swift;           /* the store is OpenStack Swift */
	bool minio;
	bool web_fails; /* web pages may not upload, or not download */
	struct buf url; /* of the last request */
	struct fetch_reply reply; /* the answer to it */
	char url_memory[DOCTOR_URL_SIZE];
	struct finding finding; /* of the check that runs */
};

/*
 * Runs all checks of a storage in their order, and counts the verdicts. Once
 * `stop` is readable, it only tidies up.
 */
void doctor_run(struct doctor *doctor, struct doctor_view *view,
    unsigned ret_counts[VERDICT_COUNT]);

/* Whether the running slotd has a component's connection, as it says. */
enum doctor_held {
	DOCTOR_HELD_UNKNOWN, /* no slotd answers, or it does not say so */
	DOCTOR_HELD_NO,
	DOCTOR_HELD,
};

/*
 * The same for a component: connects to the XMPP server and asks the domain
 * above for its items, unless the running slotd is connected. What users ask
 * for meanwhile is answered by "ask again". stop: as in struct doctor.
 */
void doctor_component_run(const struct conf_component *conf,
    enum doctor_held held, int stop, struct doctor_view *view,
    unsigned ret_counts[VERDICT_COUNT]);

/* ok, warning, failure, skipped. */
const char *verdict_name(enum verdict verdict);

#endif
