#ifndef TESTS_CONF_FIXTURE_H
#define TESTS_CONF_FIXTURE_H

#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"

#define SECRET "not-a-real-secret-01"
#define CALLERS "callers = ({ id = \"prosody\"; secret = \"" SECRET "\"; });\n"
#define S3                                                                     \
	"storage = { type = \"s3\"; bucket_url = \"https://b.example.org\"; "  \
	"region = \"r1\"; access_key_id = \"AKIDEXAMPLE\"; "                   \
	"access_key_secret = \"fake\"; };\n"
#define FS                                                                     \
	"storage = { type = \"fs\"; path = \"store\"; }; "                     \
	"public_url = \"https://up.example.org\";\n"

/* What conf_read said of a text. */
struct said {
	struct conf *conf;
	char *faults;
	char *warnings;
};

/* The tests run in a new folder. */
static inline int enter_folder(void **state)
{
	static char name[] = "/tmp/slotd-conf-XXXXXX";

	umask(022);
	*state = name;
	return mkdtemp(name) && chdir(name) == 0 ? 0 : -1;
}

static inline int leave_folder(void **state)
{
	char command[64];

	snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static inline void write_bytes(
    const char *name, const void *bytes, size_t len, mode_t mode)
{
	FILE *file;

	unlink(name);
	file = fopen(name, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(name, mode), 0);
}

static inline void write_text(const char *name, const char *text, mode_t mode)
{
	write_bytes(name, text, strlen(text), mode);
}

static inline struct said read_file(const char *name)
{
	struct said said;
	size_t faults_len, warnings_len;
	FILE *faults = open_memstream(&said.faults, &faults_len);
	FILE *warnings = open_memstream(&said.warnings, &warnings_len);

	said.conf = conf_read(name, faults, warnings);
	fclose(faults);
	fclose(warnings);
	return said;
}

static inline void said_done(struct said *said)
{
	conf_free(said->conf);
	free(said->faults);
	free(said->warnings);
}

static inline struct said read_conf(const char *text)
{
	write_text("slotd.conf", text, 0600);
	return read_file("slotd.conf");
}

/* Both as written, all of it. */
static inline void expect(
    const char *text, const char *faults, const char *warnings)
{
	struct said said = read_conf(text);

	if (strcmp(said.faults, faults) != 0)
		print_error("of this configuration:\n%s", text);
	assert_string_equal(said.faults, faults);
	assert_string_equal(said.warnings, warnings);
	assert_true((said.conf != NULL) == (*faults == 0));
	said_done(&said);
}

/* One fault, whose words are not looked at beyond these. */
static inline void expect_fault(
    const char *text, const char *start, const char *within)
{
	struct said said = read_conf(text);
	char *end = strchr(said.faults, '\n');

	if (!end || end[1] || !strstr(said.faults, within) ||
	    strncmp(said.faults, start, strlen(start)) != 0)
		fail_msg("of this configuration:\n%s%s was said, not %s … %s",
		    text, said.faults, start, within);
	assert_null(said.conf);
	said_done(&said);
}

#endif
