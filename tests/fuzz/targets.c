#include "fuzz/targets.h"

static const struct fuzz_target *const tables[] = {
	auth_targets,
	conf_targets,
	creds_targets,
	explain_targets,
	headers_targets,
	jwt_targets,
	keys_targets,
	names_targets,
	note_targets,
	quota_targets,
	redis_targets,
	rules_targets,
	server_targets,
	slot_targets,
	stream_targets,
	texts_targets,
	tokens_targets,
	uris_targets,
	xml_targets,
};

const struct fuzz_target *fuzz_at(size_t number)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct fuzz_target *target = tables[i]; target->name;
		     target++)
			if (number-- == 0)
				return target;
	return NULL;
}

const struct fuzz_target *fuzz_find(const char *name)
{
	const struct fuzz_target *target;

	for (size_t i = 0; (target = fuzz_at(i)); i++)
		if (strcmp(target->name, name) == 0)
			return target;
	return NULL;
}
