#include "fuzz/fuzz.h"

#include <dirent.h>
#include <string.h>

/* Runs the inputs that are kept through a target, without libFuzzer. */

#define CORPUS "tests/fuzz/corpus/stream"
#define INPUT_MAX ((size_t)1 << 20)

static void run(const char *name)
{
	static uint8_t input[INPUT_MAX];
	uint8_t *exact;
	char path[512];
	FILE *file;
	size_t len;

	snprintf(path, sizeof path, "%s/%s", CORPUS, name);
	file = fopen(path, "rb");
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
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

int main(void)
{
	DIR *folder = opendir(CORPUS);
	struct dirent *entry;
	unsigned count = 0;

	must(folder);
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		run(entry->d_name);
		count++;
	}
	closedir(folder);
	must(count > 0);
	printf("ok 1 - %u inputs of %s\n1..1\n", count, CORPUS);
	return 0;
}
