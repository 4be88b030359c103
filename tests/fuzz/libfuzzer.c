#include "fuzz/fuzz.h"

/* Lets libFuzzer run the target that FUZZ_TARGET names in the environment.
 * Without one, prints them all with the bytes of their longest inputs. */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fuzz_target *target;

static void list(void)
{
	for (size_t i = 0; (target = fuzz_at(i)); i++)
		printf("%s %zu\n", target->name, target->longest);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("FUZZ_TARGET");

	(void)argc;
	(void)argv;
	if (!name) {
		list();
		exit(0);
	}
	target = fuzz_find(name);
	if (!target) {
		fprintf(stderr, "no target is called %s\n", name);
		exit(2);
	}
	if (target->open)
		target->open();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	target->run((struct span){ (const char *)data, size });
	return 0;
}
