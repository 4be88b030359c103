#ifndef FUZZ_TARGETS_H
#define FUZZ_TARGETS_H

#include "fuzz/fuzz.h"

/* What each file with targets has; one without a name ends them. */
extern const struct fuzz_target auth_targets[];
extern const struct fuzz_target conf_targets[];
extern const struct fuzz_target creds_targets[];
extern const struct fuzz_target explain_targets[];
extern const struct fuzz_target headers_targets[];
extern const struct fuzz_target jwt_targets[];
extern const struct fuzz_target keys_targets[];
extern const struct fuzz_target names_targets[];
extern const struct fuzz_target note_targets[];
extern const struct fuzz_target quota_targets[];
extern const struct fuzz_target redis_targets[];
extern const struct fuzz_target rules_targets[];
extern const struct fuzz_target server_targets[];
extern const struct fuzz_target slot_targets[];
extern const struct fuzz_target stream_targets[];
extern const struct fuzz_target texts_targets[];
extern const struct fuzz_target tokens_targets[];
extern const struct fuzz_target uris_targets[];
extern const struct fuzz_target xml_targets[];

#endif
