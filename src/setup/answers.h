#ifndef SETUP_ANSWERS_H
#define SETUP_ANSWERS_H

#include "core/idn.h"
#include "core/uri.h"

enum answers_server { ANSWERS_PROSODY, ANSWERS_EJABBERD, ANSWERS_OTHER };

#define ANSWERS_REGION_MAX 64
#define ANSWERS_KEY_ID_MAX 256
#define ANSWERS_SECRET_MAX 4096

/*
 * What `slotd init` was told. Each text has been checked, and can stand between
 * the quotes of a configuration as it is.
 */
struct answers {
	char domain[IDN_MAX + 1]; /* of the users: lower case, U-labels where
	                           * it was written with them */
	char ascii[IDN_MAX + 1];  /* the same with A-labels */
	enum answers_server server;
	bool bucket; /* else the embedded store; then these are empty: */
	char bucket_url[URI_BASE_MAX + 1];
	char region[ANSWERS_REGION_MAX + 1];
	char key_id[ANSWERS_KEY_ID_MAX + 1];
	char key_secret[ANSWERS_SECRET_MAX + 1]; /* to be wiped */
	char url[URI_BASE_MAX + 1];              /* without a path */
	struct uri_base url_parts;               /* points into url */
};

/* One thing that is asked. */
struct answers_question {
	const char *option; /* that gives the answer: its name without "--" */
	const char *asks;   /* for a person, without a colon */
	bool of_bucket;     /* asked only for a bucket */
	bool hidden;        /* the answer is a secret */
	/* Takes an answer; false with a sentence about what is wrong with
	 * it. */
	bool (*take)(
	    struct answers *answers, struct span text, const char **ret_wrong);
	/* Appends the answer that an empty line stands for, which may depend
	 * on earlier answers; NULL: there is none. */
	void (*write_usual)(const struct answers *answers, struct buf *out);
};

/* In the order in which they are asked. */
#define ANSWERS_QUESTIONS 8
extern const struct answers_question answers_questions[ANSWERS_QUESTIONS];

#endif
