#ifndef CREDS_DRAFT_H
#define CREDS_DRAFT_H

#include "core/buf.h"
#include "creds/settings.h"
#include "slotd/creds.h"

/* The result of one attempt to get credentials. done wipes its secrets. */
struct creds_draft {
	struct buf key_id;
	struct buf secret;
	struct buf token;
	int64_t expires; /* unix seconds; 0: never */
	int64_t again;   /* seconds until the next attempt, where expires is 0;
			  * 0: none */
	struct buf why;  /* after a failure: a sentence without secrets */

	char key_id_memory[256 + 1];
	char secret_memory[CREDS_MAX + 1];
	char token_memory[CREDS_TOKEN_MAX + 1];
	char why_memory[CREDS_WHY];
};

void creds_draft_init(struct creds_draft *draft);
void creds_draft_done(struct creds_draft *draft);

/* Empties the draft and keeps the sentence, cut where it is too long. Always
 * false. */
bool creds_draft_wrong(struct creds_draft *draft, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Reads the answered time of expiry; false with a sentence. */
bool creds_draft_ends(
    struct creds_draft *draft, struct span stamp, const char *where);

/* Whether the draft has an id and a secret, both of valid characters, and has
 * not expired. Else false with a sentence in which `where` names the source. */
bool creds_draft_check(
    struct creds_draft *draft, const char *where, int64_t now);

/*
 * Makes text of others fit for a log: printable ASCII, at most 160 bytes and a
 * NUL; "" when the text holds the secret.
 */
#define CREDS_QUOTE 161
void creds_quote(struct span words, struct span secret, char out[CREDS_QUOTE]);

/* One attempt. */
struct creds_round {
	const struct creds_settings *settings;
	bool network; /* whether it may wait for one */
	int stop;     /* a file that is readable once it has to end */
	int64_t now;  /* unix seconds */
	bool *shared; /* whether auto has found the shared file before */
};

/*
 * How each source gets credentials into a new draft. False: it says why, or
 * says nothing when it needs a network that round->network forbids.
 */
typedef bool creds_try(
    const struct creds_round *round, struct creds_draft *draft);

creds_try creds_try_given, creds_try_shared, creds_try_web_identity,
    creds_try_container, creds_try_instance, creds_try_auto;

/* Whether a source of these settings may use the network. */
bool creds_asks(const struct creds_settings *settings);

/* Stages of these, for tests. */

/* Reads the three settings of one section of a shared credentials file, of
 * lines "name = value" behind "[NAME]". Of several sections of one name the
 * last value counts; false when there is no such section. */
bool creds_shared_parse(
    struct span text, struct span profile, struct creds_draft *draft);
/* What STS answers to AssumeRoleWithWebIdentity: with status 200, and with
 * another. False with a sentence, in which the token never stands. */
bool creds_sts_read(struct span xml, int64_t now, struct creds_draft *draft);
bool creds_sts_refused(unsigned status, struct span xml, struct span token,
    struct creds_draft *draft);

#endif
