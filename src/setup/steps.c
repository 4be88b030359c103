#include "setup/steps.h"

#include "setup/config.h"

#include <string.h>
#include <unistd.h>

#define SYSTEM "/etc/slotd"
#define PACKAGED "/usr/share/doc/slotd/examples"
#define BY_HAND "/usr/local/share/doc/slotd/examples"

/* Where `make install` or the package has put deploy/. */
static const char *examples(void)
{
	return access(PACKAGED, F_OK) && !access(BY_HAND, F_OK) ? BY_HAND
								: PACKAGED;
}

/* --- the XMPP server ------------------------------------------------------*/

static void print_prosody(
    FILE *to, const struct answers *answers, const char *folder)
{
	fprintf(to,
	    "2. Prosody. As root, install the module, and a copy of the "
	    "secret:\n"
	    "\n"
	    "install -d /usr/local/lib/prosody/modules\n"
	    "cp -r %s/prosody/mod_http_upload_slotd* "
	    "/usr/local/lib/prosody/modules/\n"
	    "install -o prosody -m 600 %s/%s /etc/prosody/slotd.secret\n"
	    "\n"
	    "   Add these lines at the end of /etc/prosody/prosody.cfg.lua. If "
	    "it has\n"
	    "   another upload component for %s, remove that one.\n"
	    "\n"
	    "Component \"upload.%s\" \"http_upload_slotd\"\n"
	    "\thttp_upload_slotd_url = \"http://127.0.0.1:8363\"\n"
	    "\thttp_upload_slotd_caller = \"%s\"\n"
	    "\thttp_upload_slotd_secret_file = \"/etc/prosody/slotd.secret\"\n"
	    "\n"
	    "systemctl restart prosody\n"
	    "\n",
	    examples(), folder, config_secret(answers->server), answers->domain,
	    answers->domain, config_caller(answers->server));
}

#define EJABBERD "/var/lib/ejabberd/.ejabberd-modules"

static void print_ejabberd(
    FILE *to, const struct answers *answers, const char *folder)
{
	fprintf(to,
	    "2. ejabberd. Remove mod_http_upload and mod_s3_upload from\n"
	    "   /etc/ejabberd/ejabberd.yml: they use the same address. Then "
	    "paste these\n"
	    "   lines, as root, while ejabberd is running:\n"
	    "\n"
	    "ejabberdctl reload_config\n"
	    "install -o ejabberd -m 600 %s/%s /etc/ejabberd/slotd.secret\n"
	    "mkdir -p " EJABBERD "/sources\n"
	    "cp -r %s/ejabberd " EJABBERD "/sources/mod_http_upload_slotd\n"
	    "cat > " EJABBERD
	    "/sources/mod_http_upload_slotd/conf/mod_http_upload_slotd.yml "
	    "<<'END'\n"
	    "modules:\n"
	    "  mod_http_upload_slotd:\n"
	    "    url: http://127.0.0.1:8363\n"
	    "    caller: %s\n"
	    "    secret_file: /etc/ejabberd/slotd.secret\n"
	    "END\n"
	    "chown -R ejabberd: " EJABBERD "\n"
	    "ejabberdctl module_install mod_http_upload_slotd\n"
	    "\n",
	    folder, config_secret(answers->server), examples(),
	    config_caller(answers->server));
}

static void print_component(
    FILE *to, const struct answers *answers, const char *folder)
{
	fprintf(to,
	    "2. The XMPP server. slotd connects to it as an external component "
	    "(XEP-0114):\n"
	    "\n"
	    "   name     upload.%s\n"
	    "   port     5347, of 127.0.0.1\n"
	    "   secret   as this prints it:\n"
	    "\n"
	    "cat %s/%s\n"
	    "\n"
	    "   %s/component/README.md\n"
	    "   has the lines for jabberd2, Openfire, Tigase and MongooseIM, "
	    "and for Prosody\n"
	    "   and ejabberd without a module. Restart the server. One that "
	    "has "
	    "no\n"
	    "   components asks over HTTP (POST /slot): see A first request in "
	    "slotd's README.\n"
	    "\n",
	    answers->domain, folder, config_secret(answers->server),
	    examples());
}

/* --- the web server -------------------------------------------------------*/

/* The host of public_url, and its port or the scheme's. */
static struct span split_host(
    const struct answers *answers, struct span *ret_port)
{
	const struct span host = answers->url_parts.host;
	const size_t colon = span_find_last(host, ':');

	*ret_port = span_of("443");
	if (colon == host.len || host.at[host.len - 1] == ']')
		return host;
	*ret_port = span_from(host, colon + 1);
	return span_first(host, colon);
}

static void print_nginx(FILE *to, const struct answers *answers)
{
	struct span port;
	const struct span host = split_host(answers, &port);

	fprintf(to,
	    "3. The web server: https for clients. %.*s needs\n"
	    "   an entry in the DNS and a certificate. nginx, in a new file\n"
	    "   /etc/nginx/sites-enabled/slotd.conf, with the paths of the "
	    "certificate:\n"
	    "\n"
	    "server {\n"
	    "\tlisten %.*s ssl;\n"
	    "\tlisten [::]:%.*s ssl;\n"
	    "\tserver_name %.*s;\n"
	    "\tssl_certificate "
	    "/etc/letsencrypt/live/%.*s/fullchain.pem;\n"
	    "\tssl_certificate_key "
	    "/etc/letsencrypt/live/%.*s/privkey.pem;\n"
	    "\tclient_max_body_size 101m;    # above slotd's max_size\n"
	    "\tlocation ~ ^/(u|f)/ {\n"
	    "\t\tproxy_pass http://127.0.0.1:8364;\n"
	    "\t\tproxy_http_version 1.1;\n"
	    "\t\tproxy_set_header Connection \"\";\n"
	    "\t\tproxy_set_header Host $http_host;\n"
	    "\t\tproxy_set_header X-Forwarded-For $remote_addr;\n"
	    "\t\tproxy_request_buffering off;\n"
	    "\t\tproxy_max_temp_file_size 0;\n"
	    "\t\tproxy_read_timeout 120s;\n"
	    "\t}\n"
	    "\tlocation / {\n"
	    "\t\treturn 404;\n"
	    "\t}\n"
	    "}\n"
	    "\n",
	    (int)host.len, host.at, (int)port.len, port.at, (int)port.len,
	    port.at, (int)host.len, host.at, (int)host.len, host.at,
	    (int)host.len, host.at);
	fprintf(to,
	    "nginx -t && systemctl reload nginx\n"
	    "\n"
	    "   nginx/slotd.conf in %s\n"
	    "   is the same with comments; apache/slotd.conf, caddy/Caddyfile "
	    "and\n"
	    "   haproxy/haproxy.cfg are for other web servers.\n"
	    "\n",
	    examples());
}

static void print_http(FILE *to)
{
	fprintf(to,
	    "3. The web server. Nearly all clients refuse http URLs, without "
	    "an error. When\n"
	    "   the first try is over, put a web server with TLS in front of\n"
	    "   127.0.0.1:8364, and set public_url. %s\n"
	    "   has nginx/slotd.conf, apache/slotd.conf, caddy/Caddyfile and\n"
	    "   haproxy/haproxy.cfg.\n"
	    "\n",
	    examples());
}

/* --- slotd ----------------------------------------------------------------*/

/* Its user reads the same files as the service. */
static void print_command(
    FILE *to, const char *command, const struct files *files)
{
	fprintf(to, "%sslotd %s",
	    files->has_group ? "runuser -u slotd -- " : "", command);
	if (strcmp(files->folder, SYSTEM) != 0)
		fprintf(to, " -c %s/" CONFIG_FILE, files->folder);
	fputc('\n', to);
}

/* systemd's service reads one place. */
static void print_start(FILE *to, const struct files *files)
{
	fputs("1. slotd. Start it:\n\n", to);
	print_command(to, "check", files);
	if (strcmp(files->folder, SYSTEM) == 0)
		fputs("systemctl enable --now slotd\n\n", to);
	else {
		print_command(to, "serve", files);
		fputc('\n', to);
	}
}

static void print_try(FILE *to, const struct files *files)
{
	fputs(
	    "4. Does it work? The doctor tries the store, the web server and a "
	    "component:\n\n",
	    to);
	print_command(to, "doctor", files);
	fputs("\n   Then log in again with a client, and send a file.\n", to);
}

/* The service itself neither lists nor deletes there. */
static void print_sweep(FILE *to, const char *folder)
{
	fputs("\n5. A timer removes from the bucket what has ended (keep), and "
	      "the files of\n"
	      "   deleted accounts. It needs a key that may list and delete: "
	      "janitor in\n",
	    to);
	fprintf(to, "   %s/" CONFIG_FILE ". Then:\n\n", folder);
	fputs("systemctl enable --now slotd-sweep.timer\n", to);
}

void steps_print(
    FILE *to, const struct answers *answers, const struct files *files)
{
	static void (*const servers[])(
	    FILE *, const struct answers *, const char *) = {
		[ANSWERS_PROSODY] = print_prosody,
		[ANSWERS_EJABBERD] = print_ejabberd,
		[ANSWERS_OTHER] = print_component,
	};

	print_start(to, files);
	servers[answers->server](to, answers, files->folder);
	if (span_is(answers->url_parts.scheme, "https"))
		print_nginx(to, answers);
	else
		print_http(to);
	print_try(to, files);
	if (answers->bucket && strcmp(files->folder, SYSTEM) == 0)
		print_sweep(to, files->folder);
}
