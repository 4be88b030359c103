#ifndef DOCTOR_CHECK_PUBLIC_H
#define DOCTOR_CHECK_PUBLIC_H

#include "doctor/private.h"

/* What the check of public_url has in its two files. */

bool of_s3(const struct doctor *doctor);

/* Whether slotd has answered with this code, in a problem+json: a proxy may
 * have a 404 of its own. */
bool says_code(const struct doctor *doctor, const char *code);
/* The last reply was no answer, or not slotd's; or that of a slotd with
 * another configuration. below: what should have been passed on. */
enum verdict fail_foreign(
    struct doctor *doctor, const char *url, const char *below);
enum verdict fail_other(struct doctor *doctor, const char *url);

/* Whether the files of a caller with a base go into this storage. */
bool has_bases(const struct doctor *doctor);
/* Whether one of them is told when its files end. */
bool has_ends(const struct doctor *doctor);
/* Each such base, as far as VERDICT_OK; then their names. */
enum verdict try_bases(struct doctor *doctor);
void seen_bases(struct doctor *doctor);

#endif
