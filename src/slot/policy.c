#include "slot/policy.h"

#include "slot/filename.h"
#include "slot/media_type.h"

static bool type_allowed(const struct policy *policy, struct span type)
{
	for (size_t i = 0; i < policy->allow_type_count; i++) {
		if (media_type_matches(type, policy->allow_types[i]))
			return true;
	}
	return policy->allow_type_count == 0;
}

enum failure policy_check(const struct policy *policy, struct span filename,
    struct span type, uint64_t size, struct refusal *why)
{
	if (!type_allowed(policy, type))
		return failure_detail(FAILURE_FORBIDDEN,
		    "content_type: files of this type are not allowed", why);
	if (filename_has_ending(filename, policy->deny_extensions,
		policy->deny_extension_count))
		return failure_detail(FAILURE_FORBIDDEN,
		    "filename: files with this ending are not allowed", why);
	if (size > policy->max_size) {
		why->max_size = policy->max_size;
		return FAILURE_FILE_TOO_LARGE;
	}
	return FAILURE_NONE;
}

bool policy_limits_types(const struct policy *policy)
{
	for (size_t i = 0; i < policy->allow_type_count; i++)
		if (span_is(policy->allow_types[i], "*/*"))
			return false;
	return policy->allow_type_count > 0;
}

struct span policy_type(const struct policy *policy, struct span type)
{
	if (!type.len && policy_limits_types(policy))
		return span_of(MEDIA_TYPE_UNKNOWN);
	return type;
}

bool policy_counts(const struct policy *policy)
{
	return policy->slots_per_minute || policy->bytes_per_day ||
	       policy->domain_bytes_per_day;
}

const struct policy *policies_for(
    const struct policies *policies, enum purpose purpose)
{
	return policies->offers[purpose] ? &policies->of[purpose] : NULL;
}
