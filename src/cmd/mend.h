#ifndef CMD_MEND_H
#define CMD_MEND_H

#include "doctor/report.h"

/* `slotd doctor --fix`. */

/* Reads an administrator's key from the environment; false after stderr says
 * what is wrong. To be forgotten, which wipes the variables. */
bool mend_creds(struct creds_value *ret_admin);
void mend_forget(struct creds_value *admin);

enum mended {
	MEND_NOTHING, /* there was nothing to set */
	MEND_DONE,    /* all that was to be set is set */
	MEND_PARTLY,  /* some of it is; the report says why */
	MEND_FAILED,  /* none of it is; the report or stderr says why */
};

/* Says what a bucket lacks, shows what is to be set, asks on the terminal
 * unless `yes`, and sets it. doctor has run; stop: as in struct doctor. */
enum mended mend(struct doctor *doctor, const struct creds_value *admin,
    bool yes, int stop, struct report *report);

#endif
