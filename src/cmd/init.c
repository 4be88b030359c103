#include "cmd/command.h"
#include "conf/conf.h"
#include "conf/fault.h"
#include "core/hash.h"
#include "core/hex.h"
#include "service/random.h"
#include "setup/config.h"
#include "setup/files.h"
#include "setup/steps.h"
#include "setup/terminal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "/etc/slotd"
#define SECRET_BYTES 32
#define SECRET_TEXT (2 * SECRET_BYTES + 2) /* hex, a newline and a NUL */

static const char *given[ANSWERS_QUESTIONS];
static const char *folder = FOLDER;
static int stop = -1; /* readable after SIGINT and its like */

/* --- answers --------------------------------------------------------------*/

static bool wrong_answer(const struct answers_question *question,
    const char *sentence, const char *about)
{
	char line[512];

	snprintf(
	    line, sizeof line, "--%s%s%s", question->option, about, sentence);
	return command_wrong(&command_init, line);
}

static bool take_secret_file(const struct answers_question *question,
    const char *path, struct answers *answers)
{
	const char *wrong = "";
	size_t len;
	char *text = command_slurp(&command_init, path, &len);
	bool ok;

	if (!text)
		return false;
	ok = question->take(answers, (struct span){ text, len }, &wrong);
	wipe(text, len);
	free(text);
	return ok || wrong_answer(question, wrong, ": ");
}

/* What stands on the command line; whatever is missing there must be asked. */
static bool take_given(struct answers *answers, bool asks)
{
	const char *wrong = "";

	for (size_t i = 0; i < ANSWERS_QUESTIONS; i++) {
		const struct answers_question *question = &answers_questions[i];

		if (!given[i] && !asks &&
		    (!question->of_bucket || answers->bucket))
			return wrong_answer(question, " is missing", "");
		if (!given[i])
			continue;
		if (question->hidden
			? !take_secret_file(question, given[i], answers)
			: !question->take(answers, span_of(given[i]), &wrong) &&
			      !wrong_answer(question, wrong, ": "))
			return false;
	}
	return true;
}

/* False when nobody answers any more. */
static bool ask(
    const struct answers_question *question, struct answers *answers)
{
	char asks[1024], memory[ANSWERS_SECRET_MAX + 2], usual_memory[1024];
	struct buf line = buf_of(memory, sizeof memory);
	struct buf usual = buf_of(usual_memory, sizeof usual_memory);
	const char *wrong = NULL;
	bool answered;

	if (question->write_usual)
		question->write_usual(answers, &usual);
	snprintf(asks, sizeof asks,
	    usual.len ? "%s [%s]: " : "%s%s: ", question->asks, usual.at);
	do {
		if (wrong)
			fprintf(stderr, "  %s\n", wrong);
		answered = terminal_ask(asks, question->hidden, stop, &line);
		if (answered && !line.len && usual.len)
			buf_add(&line, buf_span(&usual));
		wrong = line.full   ? "is too long"
			: !line.len ? "an answer is needed; Ctrl-C ends"
				    : NULL;
	} while (answered &&
		 (wrong || !question->take(answers, buf_span(&line), &wrong)));
	wipe(memory, sizeof memory);
	return answered;
}

static bool ask_missing(struct answers *answers)
{
	for (size_t i = 0; i < ANSWERS_QUESTIONS; i++) {
		const struct answers_question *question = &answers_questions[i];

		if (given[i] || (question->of_bucket && !answers->bucket))
			continue;
		if (!ask(question, answers)) {
			fputc('\n', stderr);
			command_fault(&command_init, "nothing was written");
			return false;
		}
	}
	return true;
}

static bool bucket_is_meant(const struct answers *answers)
{
	for (size_t i = 0; i < ANSWERS_QUESTIONS; i++)
		if (answers_questions[i].of_bucket && given[i] &&
		    !answers->bucket)
			return wrong_answer(&answers_questions[i],
			    " is for --store bucket alone", "");
	return true;
}

/* --- files ----------------------------------------------------------------*/

static bool refuse_existing(const struct files *files, const char *name)
{
	if (!name || !files_has(files, name))
		return true;
	fprintf(stderr, "slotd init: %s/%s is there already\n", files->folder,
	    name);
	return false;
}

static bool refuse_all_existing(
    const struct files *files, const struct answers *answers)
{
	bool fresh = refuse_existing(files, CONFIG_FILE);

	fresh &= refuse_existing(files, CONFIG_KEY);
	fresh &= refuse_existing(files, config_secret(answers->server));
	fresh &= refuse_existing(
	    files, answers->bucket ? CONFIG_BUCKET_SECRET : NULL);
	if (!fresh)
		command_fault(&command_init,
		    "nothing is overwritten, and nothing was written: move "
		    "these files away, or choose another folder (--dir)");
	return fresh;
}

static bool add(struct files *files, const char *name, const char *text)
{
	if (text && files_add(files, name, text))
		return true;
	command_fault(&command_init, "%s/%s: %s; nothing was written",
	    files->folder, name, strerror(text ? errno : ENOMEM));
	return false;
}

static bool add_random(struct files *files, const char *name)
{
	uint8_t bytes[SECRET_BYTES];
	char memory[SECRET_TEXT];
	struct buf text = buf_of(memory, sizeof memory);
	bool ok;

	random_bytes(bytes, sizeof bytes);
	hex_encode(&text, bytes, sizeof bytes);
	buf_char(&text, '\n');
	ok = add(files, name, memory);
	wipe(bytes, sizeof bytes);
	wipe(memory, sizeof memory);
	return ok;
}

static bool add_bucket_secret(
    struct files *files, const struct answers *answers)
{
	char memory[ANSWERS_SECRET_MAX + 2];
	bool ok;

	if (!answers->bucket)
		return true;
	snprintf(memory, sizeof memory, "%s\n", answers->key_secret);
	ok = add(files, CONFIG_BUCKET_SECRET, memory);
	wipe(memory, sizeof memory);
	return ok;
}

static bool add_config(struct files *files, const struct answers *answers)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	bool ok = to;

	if (to) {
		config_print(to, answers, files->folder);
		ok = !fclose(to);
	}
	ok = add(files, CONFIG_FILE, ok ? text : NULL);
	free(text);
	return ok;
}

/* As `slotd check`: what it would refuse is not left there. */
static bool check_config(const struct files *files)
{
	char path[PATH_MAX + sizeof "/" CONFIG_FILE];
	struct conf *conf;

	snprintf(path, sizeof path, "%s/" CONFIG_FILE, files->folder);
	conf = conf_read(path, stderr, stderr);
	conf_free(conf);
	if (!conf)
		command_fault(&command_init, "nothing was written");
	return conf;
}

static bool add_all(struct files *files, const struct answers *answers)
{
	return add_random(files, CONFIG_KEY) &&
	       add_random(files, config_secret(answers->server)) &&
	       add_bucket_secret(files, answers) &&
	       add_config(files, answers) && check_config(files);
}

/* --- the command ----------------------------------------------------------*/

static void tell(const struct files *files, const struct answers *answers)
{
	for (size_t i = 0; i < files->count; i++)
		printf("%s/%s\n", files->folder, files->names[i]);
	printf("are written. What is left to do:\n\n");
	steps_print(stdout, answers, files);
}

static int set_up(struct files *files, struct answers *answers)
{
	/* Before anybody answers in vain. */
	if ((files_has(files, CONFIG_FILE) || files_has(files, CONFIG_KEY)) &&
	    !refuse_all_existing(files, answers))
		return EXIT_FAULT;
	if (!ask_missing(answers))
		return EXIT_FAULT;
	if (!bucket_is_meant(answers))
		return EXIT_USAGE;
	if (!refuse_all_existing(files, answers) || !add_all(files, answers))
		return EXIT_FAULT;
	tell(files, answers);
	/* Who did not get the lines can begin again. */
	return fflush(stdout) || ferror(stdout)
		   ? command_fault(&command_init,
			 "standard output: %s; nothing was written",
			 strerror(errno))
		   : EXIT_OK;
}

static int init(struct answers *answers)
{
	const bool asks = terminal_is_there();
	const char *wrong = "";
	struct files files;
	int code;

	if (!take_given(answers, asks))
		return EXIT_USAGE;
	/* From here on they end a question, and not the process. */
	stop = command_catch_end();
	if (!files_open(&files, folder, &wrong)) {
		command_about(&command_init, folder, wrong);
		return EXIT_FAULT;
	}
	code = set_up(&files, answers);
	if (code == EXIT_OK)
		files_keep(&files);
	else
		files_undo(&files);
	return code;
}

static int run(const char *path)
{
	struct answers answers = { .domain = "" };
	int code;

	if (strcmp(path, COMMAND_CONF) != 0) {
		command_wrong(&command_init,
		    "-c is not for this command: --dir names the folder");
		return EXIT_USAGE;
	}
	code = init(&answers);
	wipe(answers.key_secret, sizeof answers.key_secret);
	return code;
}

static const struct command_option options[] = {
	{ "domain", .value = &given[0] },
	{ "server", .value = &given[1] },
	{ "store", .value = &given[2] },
	{ "bucket-url", .value = &given[3] },
	{ "region", .value = &given[4] },
	{ "access-key-id", .value = &given[5] },
	{ "access-key-secret-file", .value = &given[6] },
	{ "url", .value = &given[7] },
	{ "dir", .value = &folder },
	{ 0 },
};

const struct command command_init = {
	"init",
	"write a first configuration",
	"usage: slotd init [--domain DOMAIN] [--server "
	"prosody|ejabberd|other]\n"
	"                  [--store embedded|bucket] [--url URL] [--dir DIR]\n"
	"                  [--bucket-url URL --region REGION\n"
	"                  --access-key-id ID --access-key-secret-file FILE]\n"
	"\n"
	"Writes a configuration, the key and the secrets that it names, "
	"checks\n"
	"them, and prints the lines for the XMPP server and the web server.\n"
	"Asks for each option that is missing; without a terminal all are\n"
	"needed. Overwrites nothing: if one of the files is there already, "
	"none\n"
	"is written.\n"
	"\n"
	"  --domain      the domain of the users\n"
	"  --server      the XMPP server: prosody and ejabberd get a module,\n"
	"                to any other slotd connects as a component\n"
	"  --store       where files are kept: in a folder here (embedded), "
	"or\n"
	"                in a bucket that speaks S3\n"
	"  --url         the https URL at which clients will reach slotd\n"
	"  --dir         the folder for the files; default: /etc/slotd\n"
	"\n"
	"For a bucket:\n"
	"  --bucket-url  its URL, in any form\n"
	"  --region      its region\n"
	"  --access-key-id\n"
	"                the id of the key that may put and get objects\n"
	"  --access-key-secret-file\n"
	"                a file with the secret of that key, which is copied; "
	"-\n"
	"                is standard input. A terminal asks for the secret\n"
	"                itself, and does not show it\n",
	.options = options,
	.with_path = run,
};
