#include "doctor/private.h"

bool check_relay_applies(const struct doctor *doctor)
{
	return doctor->storage->s3->relay || check_has_bases(doctor);
}

/* Sends a PUT as the relay does, which leaves out headers that a store does
 * not support. Gives the ones that are left. */
static unsigned put_as_relay(struct doctor *doctor)
{
	unsigned how = PUT_CONDITION | PUT_EXPECT |
		       (check_has_ends(doctor) ? PUT_META : 0);

	for (unsigned i = 0; i < 3; i++) {
		unsigned not_known = 0;

		ask_put(doctor, span_of(PROBE_BODY), how);
		if (doctor->reply.status == 501)
			not_known = how & PUT_CONDITION;
		else if (doctor->reply.status == 417)
			not_known = how & PUT_EXPECT;
		if (!not_known)
			break;
		seen_reply(doctor, "the store does not support %s: ",
		    not_known == PUT_EXPECT ? "Expect" : "If-None-Match");
		seen(doctor, ", so slotd sends uploads without it; ");
		how &= ~not_known;
	}
	return how;
}

static enum verdict again(struct doctor *doctor, unsigned how)
{
	seen(doctor,
	    "%sa slot can be used again until it expires, and then replaces "
	    "its file",
	    how & PUT_CONDITION ? "the store ignores If-None-Match: " : "");
	if ((how & PUT_EXPECT) && !doctor->reply.continued)
		seen(doctor, "; the store sends no 100 Continue");
	change(doctor,
	    "With this store slotd cannot prevent that. Slots expire "
	    "after put_ttl. Upload URLs of the dialects "
	    "external-v1,\nexternal-v2 and token never expire, so "
	    "anybody who has one can replace the file at any time.\n");
	return VERDICT_WARNING;
}

enum verdict check_relay(struct doctor *doctor)
{
	unsigned how;

	how = put_as_relay(doctor);
	if (ask_unsure(doctor))
		return ask_undecided(doctor, "a relayed PUT");
	if (ask_well(doctor))
		return again(doctor, how);
	if ((how & PUT_CONDITION) &&
	    (doctor->reply.status == 412 || doctor->reply.status == 409)) {
		seen_reply(
		    doctor, "a slot works once, a second PUT is refused: ");
		return VERDICT_OK;
	}
	seen_reply(doctor, "a relayed PUT is refused: ");
	advice_refused(doctor);
	return VERDICT_FAILURE;
}
