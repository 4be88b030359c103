#ifndef DOCTOR_PRIVATE_H
#define DOCTOR_PRIVATE_H

#include "core/sigv4.h"
#include "core/xml.h"
#include "doctor/doctor.h"

/* What the checks share. */

/* Two objects below the bucket's prefix. The slash is there so that a
 * bucket_url without its bucket meets a missing bucket, and makes none. */
#define PROBE_FOLDER "slotd-doctor"
#define PROBE "/" PROBE_KEY
#define PROBE_KEY PROBE_FOLDER "/probe.txt"
#define PROBE_STRANGER "/" PROBE_FOLDER "/stranger.txt"
#define PROBE_BODY "slotd doctor wrote this; it may be removed.\n"
#define PROBE_LENGTH "44"
#define PROBE_TYPE "text/plain"

/* A web client's page. */
#define BROWSER_ORIGIN "https://web-client.example"

/* Bytes of any URL: a session token of 4096 may become three times that. */
#define URL_SIZE 20480

#define ARG(span) (int)(span).len, (span).at

/* Appends as printf does. */
void say(struct buf *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Replaces each byte from `from` on that is neither printable ASCII nor in
 * keep by '?': texts from outside must not steer the terminal. */
void say_printable(struct buf *out, size_t from, const char *keep);
#define seen(doctor, ...) say(&(doctor)->finding.seen, __VA_ARGS__)
#define change(doctor, ...) say(&(doctor)->finding.change, __VA_ARGS__)

/* --- requests --- */

/* A URL below a base, without a signature. */
void plain_url(struct buf *out, const struct uri_base *base, const char *path);

/* Sets what of the request is the storage's (all but method, headers and
 * query) and appends the presigned URL; what does not fit empties out.
 * request.now: seconds from now, 0 or less. */
void signed_url(const struct doctor *doctor, struct buf *out,
    const struct uri_base *base, const char *path,
    struct sigv4_request request);

/* The request into doctor->reply; true when there was an answer. */
bool ask(struct doctor *doctor, const struct fetch_request *request);

/* A slot's PUT of the probe, from a page of BROWSER_ORIGIN: signed for
 * PROBE_LENGTH bytes, all that the configuration adds included. */
enum put_how {
	PUT_FORGED = 1,    /* the signature's last digit is another */
	PUT_CONDITION = 2, /* as the relay: If-None-Match: * */
	PUT_EXPECT = 4,    /* as the relay: Expect: 100-continue */
	PUT_META = 8,      /* as for jwt callers: with the file's end */
};
bool ask_put(struct doctor *doctor, struct span body, unsigned how);
/* Its URL. */
void put_url(const struct doctor *doctor, struct buf *out, unsigned how);

/* Whether the last reply is the object as it was stored. */
bool is_probe(const struct doctor *doctor);
/* The URL at which the object is read at the end. */
void get_url(const struct doctor *doctor, struct buf *out, const char *method);
/* Reads it as a script of a page of this origin does. */
void read_from_page(struct doctor *doctor, const char *origin);
/* The last reply's status is 2xx. */
bool is_well(const struct doctor *doctor);

/* A signed request for path below the bucket's own address: its query is one
 * name without a value, or NULL. */
bool ask_signed(struct doctor *doctor, const char *method,
    const struct uri_base *base, const char *path, const char *query,
    bool must);

/* Whether nothing is known of what the last request did: there was no answer,
 * or one of a server or proxy in trouble. */
bool unsure_of(const struct doctor *doctor);
/* The warning of a check that cannot be judged for that. */
enum verdict unanswered(struct doctor *doctor, const char *what);
/* "403 AccessDenied (the store's own words)", or what came instead. */
void seen_answer(struct doctor *doctor);
/* The error code in the last reply's body, or "". */
void answer_code(const struct doctor *doctor, struct buf *out);

/* --- where the bucket is --- */

struct bucket {
	struct span name;     /* may be empty: bucket_url has none */
	struct span prefix;   /* of keys; without slashes at its ends */
	struct uri_base base; /* of the bucket itself, without the prefix */
	bool path_style;
};

/* As far as bucket_url tells. */
struct bucket bucket_of(const struct s3_config *s3);
bool is_aws(const struct bucket *bucket);

/* --- advice, appended to what to change --- */

/* For aws commands: AWS's own endpoint needs no option. */
void add_endpoint(struct doctor *doctor, const struct bucket *bucket);
void advise_read(struct doctor *doctor);
void advise_key(struct doctor *doctor);
void advise_cors(struct doctor *doctor);
void advise_no_strangers(struct doctor *doctor);
/* What a code of a refused PUT means. */
void advise_refused(struct doctor *doctor, const char *code);

/* --- the checks --- */

enum verdict check_name(struct doctor *doctor);
enum verdict check_connection(struct doctor *doctor);
enum verdict check_clock(struct doctor *doctor);
/* Only where there are none: what has to be signed is then left out. */
enum verdict check_credentials(struct doctor *doctor);
bool lacks_credentials(const struct doctor *doctor);
enum verdict check_put(struct doctor *doctor);
enum verdict check_size(struct doctor *doctor);
enum verdict check_signature(struct doctor *doctor);
enum verdict check_relay(struct doctor *doctor);
/* Whether slotd itself puts objects there. */
bool relay_applies(const struct doctor *doctor);
enum verdict check_get(struct doctor *doctor);
enum verdict check_head(struct doctor *doctor);
enum verdict check_download(struct doctor *doctor);
enum verdict check_list(struct doctor *doctor);
enum verdict check_stranger_put(struct doctor *doctor);
enum verdict check_stranger_delete(struct doctor *doctor);
enum verdict check_cors_put(struct doctor *doctor);
enum verdict check_cors_get(struct doctor *doctor);
enum verdict check_clients(struct doctor *doctor);
enum verdict check_lifecycle(struct doctor *doctor);
enum verdict check_key(struct doctor *doctor);
enum verdict check_tidy(struct doctor *doctor);

enum verdict check_folder(struct doctor *doctor);
enum verdict check_room(struct doctor *doctor);

/* Of public_url, in front of a store of either type. */
enum verdict check_public_url(struct doctor *doctor);
enum verdict check_redirect(struct doctor *doctor);
/* Whether clients are sent there at all; and by links that slotd redirects. */
bool public_applies(const struct doctor *doctor);
bool redirect_applies(const struct doctor *doctor);

#endif
