#include "conf/conf.h"

#include "endpoint/json.h"
#include "fuzz/fuzz.h"
#include "fuzz/house.h"
#include "fuzz/targets.h"
#include "service/service.h"

#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Configurations: either an error or a configuration, each line with its file
 * and its line, and what is accepted can be opened. An input may name the files
 * "key" and "more.conf", which it includes; in it '@' stands for the folder.
 */

#define KEY "not-a-real-key-"
#define MORE "log = { level = \"error\"; };\nnonsense = 1;\n"

static void open_house(void)
{
	char path[128];

	json_start();
	house_write("key", KEY "0123456789abcdef0\n", 33);
	house_write("secret", KEY "secret\n", 22);
	house_write("more.conf", MORE, sizeof MORE - 1);
	snprintf(path, sizeof path, "%s/outer", house_folder());
	must(mkdir(path, 0700) == 0);
}

/* The input, with the folder for each '@'. */
static const char *write_conf(struct span input, unsigned *ret_lines)
{
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);
	const char *path;

	must(file);
	*ret_lines = 1;
	for (size_t i = 0; i < input.len; i++) {
		if (input.at[i] == '@' && i && input.at[i - 1] == '"')
			fputs(house_folder(), file);
		else
			putc(input.at[i], file);
		*ret_lines += input.at[i] == '\n';
	}
	must(fclose(file) == 0);
	path = house_write("conf", text, len);
	free(text);
	return path;
}

/* The number in ":LINE: what is wrong"; 0: it is something else. */
static unsigned long number_at(const char *at)
{
	char *end;
	unsigned long number;

	if (at[1] < '1' || at[1] > '9')
		return 0;
	number = strtoul(at + 1, &end, 10);
	return end[0] == ':' && end[1] == ' ' && end[2] ? number : 0;
}

/* FILE:LINE: what is wrong. Another name is that of an included file. */
static void check_line(const char *line, const char *path, unsigned lines)
{
	const char *at = strchr(line, ':');

	while (at && !number_at(at))
		at = strchr(at + 1, ':');
	must(at && at > line);
	if ((size_t)(at - line) == strlen(path) &&
	    memcmp(line, path, strlen(path)) == 0)
		must(number_at(at) <= lines);
}

/* Gives how many lines there are. */
static unsigned check_lines(
    char *text, size_t len, const char *path, unsigned lines)
{
	json_t *utf8 = json_stringn(text, len);
	unsigned count = 0;
	char *rest, *line;

	must(utf8 && (!len || text[len - 1] == '\n'));
	json_decref(utf8);
	for (size_t i = 0; i < len; i++)
		must(text[i] == '\n' ||
		     ((unsigned char)text[i] >= ' ' && text[i] != 0x7f));
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest), count++)
		check_line(line, path, lines);
	return count;
}

/* --- what serve opens -----------------------------------------------------*/

/* Whether opening it stays in the folder, and off the network. */
static bool is_here(const struct conf *conf)
{
	char path[128];

	snprintf(path, sizeof path, "%s/outer/store", house_folder());
	for (size_t i = 0; i < conf->storage_count; i++) {
		const struct conf_storage *storage = &conf->storages[i];

		if (storage->creds && storage->creds->kind != CREDS_STATIC)
			return false;
		if (storage->folder && strcmp(storage->folder->path, path) != 0)
			return false;
	}
	return true;
}

static void check_opens(struct conf *conf)
{
	struct service *service;
	char wrong[512];

	if (!is_here(conf)) {
		conf_free(conf);
		return;
	}
	service = service_open(conf, NULL, wrong, sizeof wrong);
	if (!service)
		fprintf(stderr, "%s\n", wrong);
	must(service);
	service_release(service);
}

static void run(struct span input)
{
	char *texts[2] = { NULL, NULL };
	size_t lens[2];
	FILE *faults = open_memstream(&texts[0], &lens[0]);
	FILE *warnings = open_memstream(&texts[1], &lens[1]);
	unsigned lines;
	const char *path = write_conf(input, &lines);
	struct conf *conf;

	must(faults && warnings);
	conf = conf_read(path, faults, warnings);
	fclose(faults);
	fclose(warnings);
	must(!check_lines(texts[0], lens[0], path, lines) == !!conf);
	check_lines(texts[1], lens[1], path, lines);
	/* What stands in other files is a secret. */
	if (!input.len || !memmem(input.at, input.len, KEY, sizeof KEY - 1))
		must(!memmem(texts[0], lens[0], KEY, sizeof KEY - 1) &&
		     !memmem(texts[1], lens[1], KEY, sizeof KEY - 1));
	free(texts[0]);
	free(texts[1]);
	if (conf)
		check_opens(conf);
}

const struct fuzz_target conf_targets[] = {
	{ "conf", 4096, open_house, run },
	{ NULL, 0, NULL, NULL },
};
