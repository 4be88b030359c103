#include "fuzz/fuzz.h"

#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs the inputs that are kept through their targets, without libFuzzer: each
 * target in a process of its own, so that all of them are run. Prints TAP.
 * Usage: replay [TARGET] */

#define CORPUS "tests/fuzz/corpus"
#define INPUT_MAX ((size_t)1 << 20)
#define SECONDS 300 /* that one input may take, on a slow machine */

static void run(const struct fuzz_target *target, const char *path)
{
	static char input[INPUT_MAX];
	FILE *file = fopen(path, "rb");
	char *exact;
	size_t len;

	must(file);
	len = fread(input, 1, sizeof input, file);
	must(!ferror(file) && len < sizeof input);
	fclose(file);
	/* So that a sanitizer sees what reads beyond its end. */
	exact = malloc(len + !len);
	must(exact);
	memcpy(exact, input, len);
	/* The last line before a crash says which input it was. */
	printf("# %s\n", path);
	fflush(stdout);
	alarm(SECONDS);
	target->run((struct span){ exact, len });
	alarm(0);
	free(exact);
}

static void run_all(const struct fuzz_target *target, DIR *folder)
{
	struct dirent *entry;
	char path[512];
	unsigned count = 0;

	must(folder);
	if (target->open)
		target->open();
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s/%s", CORPUS, target->name,
		    entry->d_name);
		run(target, path);
		count++;
	}
	must(count > 0);
	printf("# %u inputs of %s\n", count, target->name);
}

static bool replay(const struct fuzz_target *target)
{
	char path[256];
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	must(child >= 0);
	if (child == 0) {
		DIR *folder;

		snprintf(path, sizeof path, "%s/%s", CORPUS, target->name);
		folder = opendir(path);
		run_all(target, folder);
		closedir(folder);
		/* What a target has opened closes itself then. */
		exit(0);
	}
	return waitpid(child, &status, 0) == child && status == 0;
}

int main(int argc, char **argv)
{
	const struct fuzz_target *target;
	unsigned count = 0;
	bool all = true;

	for (size_t i = 0; (target = fuzz_at(i)); i++) {
		bool fine;

		if (argc > 1 && strcmp(argv[1], target->name) != 0)
			continue;
		fine = replay(target);
		all = all && fine;
		printf("%sok %u - inputs of %s\n", fine ? "" : "not ", ++count,
		    target->name);
	}
	printf("1..%u\n", count);
	return all && count ? 0 : 1;
}
