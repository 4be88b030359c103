#include "cmd/mend.h"

#include "cmd/command.h"
#include "core/hash.h"
#include "doctor/fix.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KEY_ID "AWS_ACCESS_KEY_ID"
#define SECRET "AWS_SECRET_ACCESS_KEY"
#define TOKEN "AWS_SESSION_TOKEN"

/* --- credentials ----------------------------------------------------------*/

static bool is_key(struct span text, size_t most)
{
	return text.len <= most && span_visible(text);
}

bool mend_creds(struct creds_value *ret_admin)
{
	const struct creds_value admin = {
		.access_key_id = span_of(getenv(KEY_ID)),
		.access_key_secret = span_of(getenv(SECRET)),
		.session_token = span_of(getenv(TOKEN)),
	};
	const char *wrong = NULL;

	if (!admin.access_key_id.len || !admin.access_key_secret.len)
		wrong = "--fix needs an administrator's key in the "
			"environment: " KEY_ID " and " SECRET;
	else if (!is_key(admin.access_key_id, 256) ||
		 span_find(admin.access_key_id, '/') < admin.access_key_id.len)
		wrong = KEY_ID " must be at most 256 ASCII characters, without "
			       "spaces or /";
	else if (!is_key(admin.access_key_secret, CREDS_MAX))
		wrong = SECRET " must be at most 2048 ASCII characters, "
			       "without spaces";
	else if (!is_key(admin.session_token, CREDS_TOKEN_MAX))
		wrong = TOKEN " must be at most 4096 ASCII characters, without "
			      "spaces";
	if (wrong) {
		command_fault(&command_doctor, "%s", wrong);
		return false;
	}
	*ret_admin = admin;
	return true;
}

static void forget(const char *name)
{
	char *value = getenv(name);

	if (value)
		wipe(value, strlen(value));
}

void mend_forget(struct creds_value *admin)
{
	forget(KEY_ID);
	forget(SECRET);
	forget(TOKEN);
	wipe(admin, sizeof *admin);
}

/* --- the question ---------------------------------------------------------*/

/* A signal is no answer. */
static bool read_answer(int stop)
{
	struct pollfd files[] = { { STDIN_FILENO, POLLIN, 0 },
		{ stop, POLLIN, 0 } };
	char line[8];
	bool yes;

	while (poll(files, 2, -1) <= 0)
		if (command_ended())
			return false;
	if (files[1].revents || !fgets(line, sizeof line, stdin))
		return false;
	yes = strcmp(line, "y\n") == 0 || strcmp(line, "yes\n") == 0;
	/* What does not fit is no answer to the next question. */
	while (!strchr(line, '\n') && fgets(line, sizeof line, stdin))
		continue;
	return yes;
}

static bool agreed(bool yes, int stop)
{
	if (yes)
		return true;
	if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1) {
		command_fault(&command_doctor,
		    "nothing was set: there is no terminal to ask on, and "
		    "--yes is not given");
		return false;
	}
	printf("Set this? [y/N] ");
	fflush(stdout);
	if (read_answer(stop))
		return true;
	if (command_ended())
		putchar('\n');
	command_fault(&command_doctor, "nothing was set");
	return false;
}

/* --- all ------------------------------------------------------------------*/

enum mended mend(struct doctor *doctor, const struct creds_value *admin,
    bool yes, int stop, struct report *report)
{
	static struct fix fix;
	unsigned counts[VERDICT_COUNT];
	bool well;

	if (command_ended())
		return MEND_FAILED;
	report_begin(report, "fix", doctor->storage->name);
	if (!fix_possible(doctor)) {
		fprintf(report->out, "Nothing can be set until the checks "
				     "above reach the bucket.\n");
		return MEND_FAILED;
	}
	fix_plan(&fix, doctor, admin, &report->view, counts);
	well = !counts[VERDICT_FAILURE];
	if (!fix_due(&fix))
		return well ? MEND_NOTHING : MEND_FAILED;
	fix_show(&fix, report->out);
	if (!agreed(yes, stop))
		return MEND_FAILED;
	fix_apply(&fix, &report->view, counts);
	return well && !counts[VERDICT_FAILURE] ? MEND_DONE
	       : counts[VERDICT_OK]             ? MEND_PARTLY
						: MEND_FAILED;
}
