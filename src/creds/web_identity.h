#ifndef CREDS_WEB_IDENTITY_H
#define CREDS_WEB_IDENTITY_H

#include "creds/draft.h"

/* What STS answers to AssumeRoleWithWebIdentity: with status 200, and with
 * another. False with a sentence; token is not to be in it. */
bool creds_sts_read(struct span xml, int64_t now, struct creds_draft *draft);
bool creds_sts_refused(unsigned status, struct span xml, struct span token,
    struct creds_draft *draft);

#endif
