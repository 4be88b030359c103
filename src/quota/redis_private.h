#ifndef QUOTA_REDIS_PRIVATE_H
#define QUOTA_REDIS_PRIVATE_H

#include "core/buf.h"
#include "quota/redis.h"

#include <stdatomic.h>
#include <sys/types.h>

struct gnutls_certificate_credentials_st;
struct gnutls_session_int;
struct redisReply;
struct redisReader;

/* --- what went wrong (redis_fault.c) ------------------------------------- */

struct redis_fault {
	enum quota_redis_error error;
	char text[256]; /* for the log; may be empty */
};

/* Gives false, for the caller to return. */
bool redis_fault_set(
    struct redis_fault *fault, enum quota_redis_error error, const char *text);
/* From an error reply. */
void redis_fault_read(struct redis_fault *fault, struct span reply);
/* Whether the connection has to be closed. */
bool redis_fault_cuts(const struct redis_fault *fault);
/* A sentence for the operator. */
void redis_fault_say(const struct redis_fault *fault,
    const struct quota_redis_config *config, char *ret_text, size_t size);

/* --- one connection (redis_link.c, redis_connect.c) ---------------------- */

struct redis_link {
	const struct quota_redis_config *config;
	int socket;
	struct gnutls_session_int *tls; /* NULL: none */
	struct redisReader *reader;
	char script[41]; /* SHA-1 of the script as Redis gave it; or "" */
	unsigned era;    /* the pool's, when this was made */
	int64_t until;   /* when the current command must be done */
	struct redis_fault fault; /* why the last command failed */
};

/*
 * Looks up the address, which may take any time, connects, logs in, loads the
 * script and probes it; gives up once *stopping is true. When Redis refuses the
 * probe for a reason that may end while the connection lasts, the result is
 * true and link->fault says what is wrong; else its error is QUOTA_REDIS_NONE.
 */
bool redis_link_open(struct redis_link *link,
    const struct quota_redis_config *config,
    struct gnutls_certificate_credentials_st *trust,
    const atomic_bool *stopping);
/* Leaves link->fault as it is. */
void redis_link_close(struct redis_link *link);

/* A hiredis reader for answers with few elements; NULL: no memory. */
struct redisReader *redis_reader_open(void);

/* Whether an idle connection still seems good; asks nothing of Redis. */
bool redis_link_alive(struct redis_link *link);

/* Waits for the socket. False with link->fault: link->until has come, or the
 * socket is broken. */
bool redis_link_wait(struct redis_link *link, short events);

/* Sends one command and reads its reply, to be freed; NULL with link->fault.
 * An error reply, or more than one reply, is a fault too. */
struct redisReply *redis_link_call(
    struct redis_link *link, const struct span *words, unsigned count);
void redis_reply_free(struct redisReply *reply);

/* --- TLS (redis_tls.c) --------------------------------------------------- */

/* The certificates that all connections trust. NULL with a sentence. */
struct gnutls_certificate_credentials_st *redis_trust_open(
    const char *ca_file, char *wrong, size_t wrong_size);
void redis_trust_close(struct gnutls_certificate_credentials_st *trust);

/* Makes link->tls on its socket. The certificate must be that of the
 * configured address. False with link->fault. */
bool redis_tls_open(
    struct redis_link *link, struct gnutls_certificate_credentials_st *trust);
/* Sends nothing and leaves the socket open. */
void redis_tls_close(struct gnutls_session_int *tls);
/* Bytes, 0 at the end; -1 with errno, which may be EAGAIN. */
ssize_t redis_tls_read(
    struct gnutls_session_int *tls, void *bytes, size_t size);
ssize_t redis_tls_write(
    struct gnutls_session_int *tls, const void *bytes, size_t len);

/* --- the script (redis_call.c) ------------------------------------------- */

#define REDIS_KEY_MAX 1400
#define REDIS_WORDS_MAX 14

/* One call of a function of redis.lua, or a plain SET of a nonce: the words of
 * the command. Its keys (the user's, the domain's, the nonce's, the account's)
 * share the hash tag {DOMAIN}. */
struct redis_call {
	bool plain;
	const struct quota_redis_config *config;
	struct span words[REDIS_WORDS_MAX];
	unsigned count;
	/* Up to five keys and seven numbers; full: they do not fit. */
	struct buf text;
	char memory[5 * REDIS_KEY_MAX + 7 * 24];
};

/* now: unix milliseconds; 0: Redis' own clock, which all processes share.
 * The others add arguments in the order in which the script reads them. */
void redis_call_init(struct redis_call *call,
    const struct quota_redis_config *config, const char *function, int64_t now,
    struct span domain, struct span user);
void redis_call_number(struct redis_call *call, uint64_t value);
void redis_call_charge(
    struct redis_call *call, const struct quota_charge *charge);
/* nonce may be NULL. now: by our clock. */
void redis_call_nonce(struct redis_call *call, struct span domain,
    const struct quota_nonce *nonce, int64_t now);
/* Makes it the SET of a nonce, with one number: 0, or 3 when it is there. */
void redis_call_init_set(struct redis_call *call,
    const struct quota_redis_config *config, const struct quota_nonce *nonce,
    int64_t now);
/* Makes the call before link->until. The answer must be so many numbers from 0
 * to 2^53; false with link->fault. */
bool redis_call_run(struct redis_call *call, struct redis_link *link,
    unsigned count, int64_t *ret_numbers);

/* Loads the script. False with link->fault when the connection is of no use.
 * A user without the right to load it may still run it. */
bool redis_call_load(struct redis_link *link);
/* Tries all that the script does; as redis_link_open. */
bool redis_call_probe(struct redis_link *link);

/* --- all connections (redis_pool.c) -------------------------------------- */

struct redis_pool;

/* Takes over config, a block of malloc's with all of its strings. NULL; with a
 * sentence, but for want of memory. */
struct redis_pool *redis_pool_open(
    struct quota_redis_config *config, char *wrong, size_t wrong_size);
/* No call may be running. */
void redis_pool_close(struct redis_pool *pool);

/* A connection for the calling thread, until it gives it back by one of the
 * next two. False at once while Redis is known to be away; also when none is
 * free before `until`. */
bool redis_pool_take(
    struct redis_pool *pool, int64_t until, struct redis_link *ret_link);
/* After a call that took so many microseconds. wrote: it changed something in
 * Redis, which shows that Redis counts. */
void redis_pool_give(struct redis_pool *pool, struct redis_link *link,
    int64_t micros, bool wrote);
/* After a call that failed by link->fault. */
void redis_pool_fail(struct redis_pool *pool, struct redis_link *link);

void redis_pool_stats(
    struct redis_pool *pool, struct quota_redis_stats *ret_stats);

#endif
