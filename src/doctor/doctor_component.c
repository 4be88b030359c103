#include "doctor/private.h"

#include "xmpp/dial.h"
#include "xmpp/visit.h"

#include <string.h>

/* The component that is tried; `finding` is for seen() and change(). */
struct trial {
	const struct conf_component *conf;
	enum doctor_held held;
	struct visit visit;
	char server[DIAL_HOST_MAX + 16]; /* 127.0.0.1:5347 */
	struct finding finding;
};

/* --- connection -----------------------------------------------------------*/

static enum verdict no_name(struct trial *trial)
{
	change(trial, "Set server of this component to the address of the XMPP "
		      "server.\n");
	return seen_failure(trial, "%s: the server's name does not resolve: %s",
	    trial->server, trial->visit.why);
}

static enum verdict no_connection(struct trial *trial)
{
	change(trial,
	    "Start the XMPP server, or set server and port (or unix) of this "
	    "component to where it listens for components.\n"
	    "Prosody listens only if its configuration has a Component, or "
	    "component_ports; ejabberd needs a listener with module: "
	    "ejabberd_service.\n");
	return seen_failure(trial, "%s: %s", trial->server, trial->visit.why);
}

static enum verdict no_answer(struct trial *trial)
{
	change(trial,
	    "Something listens there, and does not say anything: the port may "
	    "be that of another service, or expect TLS. Set port of this "
	    "component to the one for components.\n");
	return seen_failure(
	    trial, "%s: no answer within 10 seconds", trial->server);
}

static enum verdict closed(struct trial *trial)
{
	change(trial,
	    "The log of the XMPP server says why. Does it allow components "
	    "from this address?\n");
	return seen_failure(trial, "%s: %s, without a reason", trial->server,
	    trial->visit.why ? trial->visit.why : "closed by the server");
}

static enum verdict foreign(struct trial *trial)
{
	change(trial,
	    "Usual ports are 5222 for clients, 5269 for other servers, and "
	    "5347 for components. Set port of this component to the one for "
	    "components.\n");
	return seen_failure(trial, "%s: this port is not for components (%s)",
	    trial->server, trial->visit.condition);
}

static enum verdict conflict(struct trial *trial)
{
	seen(trial, "%s: conflict: another program is connected with this jid",
	    trial->server);
	if (trial->held == DOCTOR_HELD_UNKNOWN) {
		change(trial,
		    "Nothing, if that is your slotd. ejabberd also says this "
		    "of a name that is one of its hosts.\n");
		return VERDICT_OK;
	}
	change(trial,
	    "It is not the slotd that runs with this configuration. If it is "
	    "another slotd for the same name, all is well; else end it, or "
	    "take the server's own upload service out of its configuration. "
	    "ejabberd also says this of a name that is one of its hosts.\n");
	return VERDICT_WARNING;
}

static enum verdict unknown(struct trial *trial)
{
	change(trial,
	    "Add a component of this name to the configuration of the XMPP "
	    "server, as deploy/component/README.md shows, or set jid to the "
	    "name that is there; then restart the server. A name that is one "
	    "of its virtual hosts cannot be a component.\n");
	return seen_failure(trial,
	    "%s: %s: the server has no component with this jid", trial->server,
	    trial->visit.condition);
}

static enum verdict wrong_secret(struct trial *trial)
{
	change(trial,
	    "Compare the secret of this component with that in the XMPP "
	    "server's configuration, without blanks or a line break. ejabberd "
	    "also says this of a name that is not among the hosts of its "
	    "ejabberd_service.\n");
	return seen_failure(
	    trial, "%s: not-authorized: wrong secret", trial->server);
}

/* An error before the handshake was sent is about the name: the server has
 * seen nothing else of us. */
static enum verdict refused(struct trial *trial)
{
	const struct visit *visit = &trial->visit;
	const struct span condition = span_of(visit->condition);

	if (span_is(condition, "invalid-namespace"))
		return foreign(trial);
	if (!visit->shaken || span_is(condition, "host-unknown"))
		return unknown(trial);
	if (span_is(condition, "conflict"))
		return conflict(trial);
	if (span_is(condition, "not-authorized"))
		return wrong_secret(trial);
	change(trial, "The log of the XMPP server says why.\n");
	return seen_failure(trial, "%s: %s", trial->server, visit->condition);
}

static enum verdict judge(struct trial *trial)
{
	switch (trial->visit.end) {
	case VISIT_OPENED:
		return seen_ok(
		    trial, "%s accepts the name and the secret", trial->server);
	case VISIT_NO_NAME:
		return no_name(trial);
	case VISIT_NO_CONNECTION:
		return no_connection(trial);
	case VISIT_SILENT:
		return no_answer(trial);
	case VISIT_CLOSED:
		return closed(trial);
	case VISIT_REFUSED:
		return refused(trial);
	case VISIT_FOREIGN:
		return foreign(trial);
	case VISIT_STOPPED:
		break;
	}
	seen(trial, "interrupted");
	return VERDICT_SKIPPED;
}

static enum verdict try_connection(struct trial *trial, int stop)
{
	struct span above = trial->conf->jid, of = trial->conf->caller.id;

	if (trial->held == DOCTOR_HELD)
		return seen_ok(trial,
		    "%s: the running slotd is connected, so it was not tried "
		    "again",
		    trial->server);
	span_cut(&above, '.');
	span_cut(&of, '.');
	/* Only there do people look for it. */
	if (above.at && auth_allows(&trial->conf->caller, of))
		trial->visit.above = above;
	trial->visit.conf = trial->conf;
	trial->visit.stop = stop;
	visit_server(&trial->visit);
	return judge(trial);
}

/* --- items ----------------------------------------------------------------*/

static enum verdict unlisted(struct trial *trial)
{
	const struct span above = trial->visit.above;

	change(trial,
	    "Clients look there for the service, and do not find it. Prosody, "
	    "in the settings of that host:\n"
	    "   disco_items = { { \"%.*s\", \"File upload\" } }\n"
	    "Others: \"How clients find it\" in deploy/component/README.md. "
	    "Clients find it after they log in again.\n",
	    ARG(trial->conf->jid));
	return seen_failure(trial, "%.*s does not list %.*s among its items",
	    ARG(above), ARG(trial->conf->jid));
}

static enum verdict unanswered(struct trial *trial)
{
	const struct visit *visit = &trial->visit;

	change(trial,
	    "Is %.*s a domain of this XMPP server? If another program has the "
	    "same jid (ejabberd and jabberd2 allow it), the answer may have "
	    "gone there.\n",
	    ARG(visit->above));
	seen(trial, "asked for its items, %.*s ", ARG(visit->above));
	if (visit->items == VISIT_NO_ANSWER)
		return seen_warning(trial, "did not answer within 5 seconds");
	return seen_warning(trial, "answered with an error%s%s",
	    *visit->items_error ? ": " : "", visit->items_error);
}

static enum verdict try_items(struct trial *trial)
{
	const struct visit *visit = &trial->visit;

	switch (visit->items) {
	case VISIT_NOT_ASKED:
		break;
	case VISIT_LISTED:
		return seen_ok(
		    trial, "%.*s lists it among its items", ARG(visit->above));
	case VISIT_UNLISTED:
		return unlisted(trial);
	case VISIT_UNSURE:
		return seen_ok(trial,
		    "%.*s has many items, of which only the first were seen",
		    ARG(visit->above));
	case VISIT_NO_ANSWER:
	case VISIT_ITEMS_ERROR:
		return unanswered(trial);
	}
	return VERDICT_SKIPPED;
}

/* --------------------------------------------------------------------------*/

static void end(struct trial *trial, struct doctor_view *view,
    enum verdict verdict, unsigned *counts)
{
	/* Names of errors come from the server. */
	say_printable(&trial->finding.seen, 0, "");
	doctor_end(&trial->finding, view, verdict, counts);
}

void doctor_component_run(const struct conf_component *conf,
    enum doctor_held held, int stop, struct doctor_view *view,
    unsigned ret_counts[VERDICT_COUNT])
{
	struct trial trial = { .conf = conf, .held = held };
	struct buf server = buf_of(trial.server, sizeof trial.server);
	struct dial dial;

	memset(ret_counts, 0, VERDICT_COUNT * sizeof *ret_counts);
	dial_init(&dial, conf);
	dial_name(&dial, &server);
	doctor_begin(&trial.finding, view, "connection");
	end(&trial, view, try_connection(&trial, stop), ret_counts);
	doctor_begin(&trial.finding, view, "items");
	end(&trial, view, try_items(&trial), ret_counts);
}
