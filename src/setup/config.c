#include "setup/config.h"

#include <sys/stat.h>

#define STATE "/var/lib/slotd" /* of the service, as its unit makes it */

const char *config_secret(enum answers_server server)
{
	static const char *const names[] = {
		[ANSWERS_PROSODY] = "prosody.secret",
		[ANSWERS_EJABBERD] = "ejabberd.secret",
		[ANSWERS_OTHER] = "component.secret",
	};

	return names[server];
}

const char *config_caller(enum answers_server server)
{
	return server == ANSWERS_PROSODY    ? "prosody"
	       : server == ANSWERS_EJABBERD ? "ejabberd"
					    : NULL;
}

static void print_listeners(
    FILE *to, const struct answers *answers, const char *folder)
{
	fprintf(to,
	    "# slotd's configuration for %s, as `slotd init` wrote it.\n"
	    "# slotd.conf(5) explains each setting, and has many more. After a "
	    "change:\n"
	    "#   slotd check && systemctl reload slotd\n"
	    "# A line with # and no blank after it is a setting: remove the # "
	    "to use it.\n"
	    "\n"
	    "# The listener for this machine: requests of XMPP servers, and "
	    "/metrics.\n"
	    "listen = { address = \"127.0.0.1\"; port = 8363; };\n"
	    "\n"
	    "# The listener for clients: uploads (/u/) and downloads (/f/). A "
	    "web server with\n"
	    "# TLS passes these on to it, at this URL.\n"
	    "public = { address = \"127.0.0.1\"; port = 8364; };\n"
	    "public_url = \"%s\";\n"
	    "\n"
	    "# The key of upload tokens and shared links. Keep a copy: if it "
	    "is "
	    "lost, slotd\n"
	    "# can no longer tell who uploaded a file, and links to a bucket "
	    "stop working.\n"
	    "key_file = \"%s/" CONFIG_KEY "\";\n"
	    "\n",
	    answers->domain, answers->url, folder);
}

static void print_caller(
    FILE *to, const struct answers *answers, const char *folder)
{
	fprintf(to,
	    "# The XMPP server. Its module needs this id, and the secret in "
	    "this file.\n"
	    "callers = (\n"
	    "\t{\n"
	    "\t\tid = \"%s\";\n"
	    "\t\tsecret_file = \"%s/%s\";\n"
	    "\t\t# Whose users may upload: add further domains, and those of "
	    "gateways.\n"
	    "\t\tallow_domains = ( \"%s\" );\n"
	    "\t}\n"
	    ");\n"
	    "\n",
	    config_caller(answers->server), folder,
	    config_secret(answers->server), answers->domain);
}

static void print_component(
    FILE *to, const struct answers *answers, const char *folder)
{
	fprintf(to,
	    "# slotd connects to the XMPP server as an external component "
	    "(XEP-0114) of this\n"
	    "# name. The server's configuration needs the secret in this "
	    "file.\n"
	    "components = (\n"
	    "\t{\n"
	    "\t\tjid = \"upload.%s\";\n"
	    "\t\tport = 5347;    # Openfire: 5275; Tigase: 5270; MongooseIM: "
	    "8888\n"
	    "\t\tsecret_file = \"%s/%s\";\n"
	    "\t\t# Whose users may upload: add further domains, and those of "
	    "gateways.\n"
	    "\t\tallow_domains = ( \"%s\" );\n"
	    "\t}\n"
	    ");\n"
	    "\n",
	    answers->domain, folder, config_secret(answers->server),
	    answers->domain);
}

static void print_folder(FILE *to)
{
	fputs("# Files are kept in this folder, below files/. A backup needs "
	      "that, with extended\n"
	      "# attributes.\n"
	      "storage = {\n"
	      "\ttype = \"fs\";\n"
	      "\tpath = \"" STATE "\";\n"
	      "};\n"
	      "\n",
	    to);
}

static void print_bucket(
    FILE *to, const struct answers *answers, const char *folder)
{
	fprintf(to,
	    "# Files are kept in this bucket, which stays private: shared "
	    "links lead to\n"
	    "# public_url, and from there to a signed URL of the bucket.\n"
	    "storage = {\n"
	    "\ttype = \"s3\";\n"
	    "\tbucket_url = \"%s\";\n"
	    "\tregion = \"%s\";\n"
	    "\taccess_key_id = \"%s\";\n"
	    "\taccess_key_secret_file = \"%s/" CONFIG_BUCKET_SECRET "\";\n"
	    "\tget = \"redirect\";\n"
	    "\n"
	    "\t# Siskin and Snikket for iOS need this to upload: slotd takes "
	    "each upload,\n"
	    "\t# and sends it on to the bucket.\n"
	    "#\trelay = true;\n"
	    "\n"
	    "\t# A key that may list and delete, for `slotd sweep`: see keep "
	    "below.\n"
	    "#\tjanitor = { access_key_id = \"AKIAI44QH8DHBEXAMPLE\"; "
	    "access_key_secret_file = \"%s/janitor.secret\"; };\n"
	    "};\n"
	    "\n",
	    answers->bucket_url, answers->region, answers->key_id, folder,
	    folder);
}

static void print_policy(FILE *to, const struct answers *answers)
{
	fputs("policy = {\n"
	      "\t# The largest file. OMEMO adds 16 bytes to each file.\n"
	      "\tmax_size = \"100 MiB\";\n"
	      "\n"
	      "\t# For each user, over the last minute and the last 24 hours.\n"
	      "\tslots_per_minute = 60;\n"
	      "\tbytes_per_day = \"2 GiB\";\n"
	      "\n"
	      "\t# How long a file is kept. Without this setting files are "
	      "kept for ever.\n",
	    to);
	if (answers->bucket)
		fputs("\t# This timer removes the files that have ended:\n"
		      "\t#   systemctl enable --now slotd-sweep.timer\n",
		    to);
	fputs("#\tkeep = \"30 days\";\n"
	      "};\n"
	      "\n",
	    to);
}

/* Where the folder is missing, so is the unit that would make it. */
static void print_quota(FILE *to)
{
	struct stat status;

	fprintf(to,
	    "# Keeps the users' counts over a restart.\n"
	    "%squota = { state_file = \"" STATE "/quota.state\"; };\n",
	    stat(STATE, &status) ? "#" : "");
}

void config_print(FILE *to, const struct answers *answers, const char *folder)
{
	print_listeners(to, answers, folder);
	if (config_caller(answers->server))
		print_caller(to, answers, folder);
	else
		print_component(to, answers, folder);
	if (answers->bucket)
		print_bucket(to, answers, folder);
	else
		print_folder(to);
	print_policy(to, answers);
	print_quota(to);
}
