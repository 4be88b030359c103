#ifndef QUOTA_REDIS_PRIVATE_H
#define QUOTA_REDIS_PRIVATE_H

#include "core/buf.h"
#include "quota/redis.h"

#include <pthread.h>
#include <sys/types.h>

struct redisReply;
struct redisReader;

/* --- TLS (redis_tls.c): what all connections trust, and one session ------ */

struct redis_trust;
struct redis_tls;

/* NULL with a sentence. */
struct redis_trust *redis_trust_open(
    const char *ca_file, char *wrong, size_t wrong_size);
void redis_trust_close(struct redis_trust *trust);

/* A session on a non-blocking socket, whose certificate must be host's. */
struct redis_tls *redis_tls_open(
    struct redis_trust *trust, int socket, const char *host);
/* Says no good-bye; the socket stays. */
void redis_tls_close(struct redis_tls *tls);

/* POLLIN or POLLOUT: what has to happen first. */
#define REDIS_TLS_DONE 0
#define REDIS_TLS_FAILED (-1)
int redis_tls_shake(struct redis_tls *tls);
/* Bytes, 0 at the end; -1 with errno, EAGAIN among others. */
ssize_t redis_tls_read(struct redis_tls *tls, void *bytes, size_t size);
ssize_t redis_tls_write(struct redis_tls *tls, const void *bytes, size_t len);
/* Why a handshake failed, into `text`. */
void redis_tls_why(const struct redis_tls *tls, struct buf *text);

/* --- what went wrong (redis_fault.c) ------------------------------------- */

struct redis_fault {
	enum quota_redis_error error;
	char text[256]; /* for the log; may be empty */
};

void redis_fault_set(
    struct redis_fault *fault, enum quota_redis_error error, const char *text);
/* Of an error reply. */
void redis_fault_read(struct redis_fault *fault, struct span reply);
/* Whether the connection is of no more use. */
bool redis_fault_cuts(const struct redis_fault *fault);
/* A sentence for the operator. */
void redis_fault_say(const struct redis_fault *fault,
    const struct quota_redis_config *config, struct buf *text);

/* --- one connection (redis_link.c, redis_connect.c) ---------------------- */

struct redis_link {
	int socket;
	struct redis_tls *tls; /* NULL: none */
	struct redisReader *reader;
	unsigned era;    /* the pool's, when it was made */
	char script[41]; /* its SHA-1, which Redis gave; "": not loaded */
};

struct addrinfo;

/* Where it is, for redis_link_open; may take as long as it likes. False with
 * a fault. A unix socket has NULL. */
bool redis_link_resolve(const struct quota_redis_config *config,
    struct addrinfo **ret_found, struct redis_fault *fault);
void redis_link_resolved(struct addrinfo *found);

/*
 * Connects, says who we are, loads the script, and tries it. A connection on
 * which the script does not work, for a reason that may end while it stays,
 * counts as open: fault then says what is wrong, else QUOTA_REDIS_NONE.
 */
bool redis_link_open(struct redis_link *link,
    const struct quota_redis_config *config, const struct addrinfo *found,
    struct redis_trust *trust, struct redis_fault *fault);
void redis_link_close(struct redis_link *link);

/* Of hiredis, for answers with few elements; NULL: no memory. */
struct redisReader *redis_reader_open(void);

/* Whether an idle one is still good, as far as can be seen from here. */
bool redis_link_alive(struct redis_link *link);

/* Waits for a socket; false: the time has come, or it is broken. */
bool redis_link_poll(const struct redis_link *link,
    const struct quota_redis_config *config, short events, int64_t until);

/*
 * One command and its answer, to be freed; NULL with a fault. An error reply
 * is a fault, too, and more than one reply.
 */
struct redisReply *redis_link_call(struct redis_link *link,
    const struct quota_redis_config *config, const struct span *words,
    unsigned count, int64_t until, struct redis_fault *fault);
void redis_reply_free(struct redisReply *reply);

/* --- all of them (redis_pool.c), made by a thread (redis_keeper.c) ------- */

struct redis_pool {
	struct quota_redis_config config;
	char *memory; /* its strings */
	size_t memory_size;
	struct redis_trust *trust; /* NULL without TLS */
	pthread_mutex_t lock;
	pthread_cond_t ready; /* for who waits for a connection */
	pthread_cond_t work;  /* for the keeper */
	pthread_t keeper;
	bool stopping;
	bool away;     /* the keeper makes a connection: it may be long */
	bool orphaned; /* it has to free all of this */

	bool down;       /* nothing is tried, but by the keeper */
	bool works;      /* the last that was to be written was */
	unsigned era;    /* of outages; what an earlier one left is closed */
	int64_t backoff; /* microseconds */
	int64_t next_try;
	unsigned open;   /* connections, idle or in use */
	unsigned wanted; /* how many calls wait for one */
	unsigned idle_count;
	struct redis_link *idle;

	bool told_down;
	int64_t told[QUOTA_REDIS_ERRORS]; /* when it was said; 0: never */
	struct quota_redis_stats stats;
};

/* NULL with a sentence. */
struct redis_pool *redis_pool_open(
    const struct quota_redis_config *config, char *wrong, size_t wrong_size);
void redis_pool_close(struct redis_pool *pool);

/* A connection, to be given or thrown back. False at once when Redis is
 * known to be away, else when none is free in time. */
bool redis_pool_take(
    struct redis_pool *pool, int64_t until, struct redis_link *ret_link);
/* After a call that took this long. wrote: it changed something in Redis, and
 * so has shown that all is well. */
void redis_pool_give(struct redis_pool *pool, struct redis_link *link,
    int64_t micros, bool wrote);
/* A call on it failed: closes it when it is of no more use, and begins an
 * outage then. Else calls go on, and the keeper finds out when it works. */
void redis_pool_fail(struct redis_pool *pool, struct redis_link *link,
    const struct redis_fault *fault);

/* Begins an outage. With the lock held. */
void redis_pool_down(struct redis_pool *pool);
/* It does not work, and the keeper tries it in a while. With the lock held. */
void redis_pool_ails(struct redis_pool *pool);
/* It works; that is told when it was told that it does not. With the lock
 * held, which is let go meanwhile. */
void redis_pool_works(struct redis_pool *pool);
/* Tells it, if it was not told lately; counts: a call or a connect failed by
 * it. Without the lock. */
void redis_pool_tell(
    struct redis_pool *pool, const struct redis_fault *fault, bool counts);
void redis_pool_free(struct redis_pool *pool);

void *redis_keeper(void *pool);

/* --- what is asked (redis_call.c) ---------------------------------------- */

#define REDIS_KEY_MAX 1400
#define REDIS_KEYS 3
#define REDIS_ARGUMENTS_MAX 7

/* One call of the script. Its keys share the hash tag {DOMAIN}. */
struct redis_call {
	const struct quota_redis_config *config;
	struct buf keys[REDIS_KEYS]; /* the user's, the domain's, the nonce's */
	char key_memory[REDIS_KEYS][REDIS_KEY_MAX];
	struct span arguments[REDIS_ARGUMENTS_MAX];
	unsigned argument_count;
	char number_memory[REDIS_ARGUMENTS_MAX][24];
};

void redis_key_nonce(struct buf *key, const struct quota_redis_config *config,
    struct span domain, const struct quota_nonce *nonce);
/* For how many milliseconds from now on it has to be kept. */
int64_t redis_nonce_life(const struct quota_nonce *nonce, int64_t now);

/* A function of the script. now: 0 is Redis' own clock, which all replicas
 * share. What follows adds keys and arguments in the script's order. */
void redis_call_init(struct redis_call *call,
    const struct quota_redis_config *config, const char *function, int64_t now);
void redis_call_about(
    struct redis_call *call, struct span domain, struct span user);
void redis_call_number(struct redis_call *call, uint64_t value);
void redis_call_charge(
    struct redis_call *call, const struct quota_charge *charge);

/* As redis_link_call. */
struct redisReply *redis_call_run(const struct redis_call *call,
    struct redis_link *link, int64_t until, struct redis_fault *fault);

/* What an answer has to be: numbers of the script or, where there are none, a
 * reply of one of these types. */
struct redis_form {
	bool writes; /* where the first number, if any, is 0 */
	unsigned numbers;
	int type;
	int other_type; /* 0: none */
};

/* Whether it is so; false with a fault. Numbers are from 0 to 2^53. */
bool redis_form_check(const struct redis_form *form,
    const struct redisReply *reply, struct redis_fault *fault);

/* Its numbers; false: on_error decides. writes: as in redis_form. */
bool redis_ask_numbers(struct redis_pool *pool, const struct redis_call *call,
    bool writes, unsigned count, int64_t *ret_numbers);
/* The answer to a plain command, to be freed; NULL: on_error decides. */
struct redisReply *redis_ask_command(struct redis_pool *pool,
    const struct redis_form *form, const struct span *words, unsigned count);

/* --- the script (redis_script.c) ----------------------------------------- */

struct span redis_script(void);

#endif
