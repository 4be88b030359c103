#ifndef DOCTOR_PRIVATE_H
#define DOCTOR_PRIVATE_H

#include "core/sigv4.h"
#include "net/xml.h"
#include "doctor/doctor.h"
#include "doctor/signed.h"

/* Used by several checks. */

/* Two objects below the bucket's prefix. They are in a folder so that, if
 * bucket_url lacks the bucket, the store takes the folder for one that is
 * missing, instead of creating a bucket. */
#define PROBE_FOLDER "slotd-doctor"
#define PROBE "/" PROBE_KEY
#define PROBE_KEY PROBE_FOLDER "/probe.txt"
#define PROBE_STRANGER "/" PROBE_FOLDER "/stranger.txt"
#define PROBE_BODY "slotd doctor wrote this; it may be removed.\n"
#define PROBE_LENGTH "44"
#define PROBE_TYPE "text/plain"

/* The origin of a web client. */
#define BROWSER_ORIGIN "https://web-client.example"

#define ARG(span) (int)(span).len, (span).at

/* Appends as printf does. */
void say(struct buf *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Replaces each byte from `from` on that is neither printable ASCII nor in
 * keep by '?': texts from outside must not steer the terminal. */
void say_printable(struct buf *out, size_t from, const char *keep);
#define seen(doctor, ...) say(&(doctor)->finding.seen, __VA_ARGS__)
/* The same, as a verdict. */
#define seen_ok(doctor, ...) (seen(doctor, __VA_ARGS__), VERDICT_OK)
#define seen_warning(doctor, ...) (seen(doctor, __VA_ARGS__), VERDICT_WARNING)
#define seen_failure(doctor, ...) (seen(doctor, __VA_ARGS__), VERDICT_FAILURE)
/* And the last reply behind it. */
#define seen_reply(doctor, ...) (seen(doctor, __VA_ARGS__), ask_seen(doctor))
#define change(doctor, ...) say(&(doctor)->finding.change, __VA_ARGS__)

/* Before and after what is tried: empties the finding, and counts its verdict.
 * The view is told. */
void doctor_begin(
    struct finding *finding, struct doctor_view *view, const char *name);
void doctor_end(struct finding *finding, struct doctor_view *view,
    enum verdict verdict, unsigned counts[VERDICT_COUNT]);

/* --- requests --- */

/* Empties doctor->url, the URL of the next request, and gives it. */
struct buf *ask_url(struct doctor *doctor);
/* Sets it: path below a base, without a signature. */
void ask_url_plain(
    struct doctor *doctor, const struct uri_base *base, const char *path);
/* Sets it: path below a base, presigned. request has method, headers and
 * query; the rest is the storage's. request.now: seconds from now, 0 or less.
 * A URL that does not fit is empty. */
void ask_url_signed(struct doctor *doctor, const struct uri_base *base,
    const char *path, struct sigv4_request request);

/* Sends a request to doctor->url; true when doctor->reply has an answer. */
bool ask(struct doctor *doctor, struct fetch_request request);

/* Sends a slot's PUT of the probe, from a page of BROWSER_ORIGIN, signed for
 * PROBE_LENGTH bytes and as the configuration says. */
enum put_how {
	PUT_FORGED = 1,    /* with a wrong last digit in the signature */
	PUT_CONDITION = 2, /* as the relay: If-None-Match: * */
	PUT_EXPECT = 4,    /* as the relay: Expect: 100-continue */
	PUT_META = 8,      /* as for jwt callers: with the file's expiry */
};
bool ask_put(struct doctor *doctor, struct span body, unsigned how);
/* Sets doctor->url to the URL of such a PUT. */
void ask_url_put(struct doctor *doctor, unsigned how);

/* Sends a signed request for path below a base. query: a name without a value,
 * or NULL. must: even after an interruption. */
bool ask_signed(struct doctor *doctor, const char *method,
    const struct uri_base *base, const char *path, const char *query,
    bool must);

/* Whether the last reply has a status of 2xx. */
bool ask_well(const struct doctor *doctor);
/* Whether the effect of the last request is unknown: there was no answer, or
 * one from a server or proxy that failed. */
bool ask_unsure(const struct doctor *doctor);
/* Says that a check, of what, is undecided for that reason: a warning. */
enum verdict ask_undecided(struct doctor *doctor, const char *what);
/* The last reply's body. */
struct span ask_body(const struct doctor *doctor);
/* Adds to what was seen: "403 AccessDenied ("the store's message")", or why
 * there is no answer. */
void ask_seen(struct doctor *doctor);

/* Whether the last reply is the object as it was stored. */
bool check_is_probe(const struct doctor *doctor);
/* Sets doctor->url to the URL at which clients end up reading the object. */
void check_url_get(struct doctor *doctor);
/* Reads the object as a script in a page of this origin does. */
void check_read_page(struct doctor *doctor, const char *origin);

/* --- the bucket --- */

struct bucket {
	struct span name;     /* empty: bucket_url names none */
	struct span prefix;   /* of keys; without slashes at its ends */
	struct uri_base base; /* of the bucket itself, without the prefix */
	bool path_style;
};

/* As storage.bucket says, else guessed from bucket_url. */
struct bucket bucket_of(const struct s3_config *s3);
bool bucket_is_aws(const struct bucket *bucket);
/* Whether both are in one bucket, whichever form their bucket_url has. */
bool bucket_is_shared(
    const struct s3_config *one, const struct s3_config *other);

/* --- the error codes of S3 stores --- */

/* The cause of an AccessDenied. */
enum denial {
	DENIAL_RIGHT,   /* a permission is missing */
	DENIAL_LATE,    /* the URL has expired */
	DENIAL_EARLY,   /* it was signed in the future, for the store */
	DENIAL_HEADERS, /* the request has headers that are not signed */
};

/*
 * Appends lines with the cause of a code and what to change. xml: the store's
 * answer, which has details of some codes; may be empty. False, with nothing
 * appended, for an unknown code.
 */
bool code_tell(const struct conf_storage *storage, const char *code,
    struct span xml, struct buf *out);

enum denial code_denial(struct span xml);

/* Sets out to the text of an element, made printable; false: there is none. */
bool code_element(struct span xml, const char *name, struct buf *out);

/* --- advice, appended to what to change --- */

/* The --endpoint-url of an aws command, unless the store is AWS. */
void advice_endpoint(struct doctor *doctor, const struct bucket *bucket);
void advice_read(struct doctor *doctor);
void advice_key(struct doctor *doctor);
void advice_cors(struct doctor *doctor);
void advice_no_strangers(struct doctor *doctor);
/* The key with which `slotd sweep` removes files: how it is set, and its
 * rights. */
void advice_janitor(struct doctor *doctor);
/* The cause of the last reply, a refused PUT. */
void advice_refused(struct doctor *doctor);

/* --- the checks --- */

enum verdict check_name(struct doctor *doctor);
enum verdict check_connection(struct doctor *doctor);
enum verdict check_clock(struct doctor *doctor);
/* Fails; it runs only when there are no credentials. */
enum verdict check_credentials(struct doctor *doctor);
bool check_lacks_creds(const struct doctor *doctor);
enum verdict check_put(struct doctor *doctor);
enum verdict check_size(struct doctor *doctor);
enum verdict check_signature(struct doctor *doctor);
enum verdict check_relay(struct doctor *doctor);
/* Whether slotd itself uploads to this storage. */
bool check_relay_applies(const struct doctor *doctor);
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

/* How long files are kept, and whether any file of this storage ends. */
enum verdict check_keep(struct doctor *doctor);
bool check_keep_applies(const struct doctor *doctor);
/* Whether `slotd sweep` can remove what has ended, as far as that can be tried
 * without removing anything; where files end, or a janitor is set. */
enum verdict check_janitor(struct doctor *doctor);
bool check_janitor_applies(const struct doctor *doctor);

enum verdict check_folder(struct doctor *doctor);
enum verdict check_room(struct doctor *doctor);

enum verdict check_public_url(struct doctor *doctor);
enum verdict check_redirect(struct doctor *doctor);
/* Whether clients use public_url for this storage, and for redirects. */
bool check_public_applies(const struct doctor *doctor);
bool check_redirect_applies(const struct doctor *doctor);

/* --- which server answers at public_url --- */

/* Whether the last reply is slotd's, with this code. */
bool check_says(const struct doctor *doctor, const char *code);
/* Failures: not slotd answers at doctor->url (below: the paths that a proxy
 * must pass on), or a slotd with another configuration. */
enum verdict check_fail_foreign(struct doctor *doctor, const char *below);
enum verdict check_fail_other(struct doctor *doctor);

/* Whether what answers there lets a PUT of the largest size pass, to
 * doctor->url, where slotd refuses it. No body is sent. caller: the largest
 * below its base; NULL: the largest of this storage. */
enum verdict check_limit(struct doctor *doctor, const struct caller *caller);

/* Whether files of a caller with a base go into this storage; and whether
 * those of a jwt caller do, which expire. */
bool check_has_bases(const struct doctor *doctor);
bool check_has_ends(const struct doctor *doctor);
/* Whether this caller has a base, and its files go into this storage. */
bool check_base_is_of(const struct conf *conf,
    const struct conf_storage *storage, const struct caller *caller);
bool check_base_is_ours(
    const struct doctor *doctor, const struct caller *caller);
/* Tries each such base, up to the first failure; and adds their names to what
 * was seen. */
enum verdict check_bases(struct doctor *doctor);
void check_seen_bases(struct doctor *doctor);

/* --- parts of explain --- */

/* Explains how a request differs from what slotd signs for this storage; false
 * when it does not. */
bool explain_request(const struct conf_storage *storage,
    const struct signed_request *request, int64_t now, struct buf *out);

/* Says what slotd signs, what the request has, and the cause. Gives true. */
bool explain_differ(struct buf *out, const char *what, struct span slotd,
    struct span got, const char *cause);

/* Explain a signature when the rest is as slotd signs it: of a URL, and of a
 * request as a store received it. */
bool explain_url_signature(const struct conf_storage *storage,
    struct signed_request request, struct buf *out);
bool explain_by_trying(const struct conf_storage *storage,
    const struct signed_request *request, struct buf *out);

#endif
