-- Prosody for compose.yaml. Accounts: docker compose exec prosody prosodyctl
-- register juliet localhost PASSWORD
data_path = "/var/lib/prosody"
plugin_paths = { "/opt/slotd" }
log = { info = "*console" }
certificates = "/run/secrets"

modules_enabled = {
	"roster", "saslauth", "tls", "disco", "ping", "carbons", "pep",
	"blocklist", "vcard4", "vcard_legacy", "bookmarks", "offline", "smacks",
}
-- No connections to other servers, and no web server.
modules_disabled = { "s2s" }
http_ports = { }
https_ports = { }
c2s_direct_tls_ports = { }

-- The network's own name server, and not those behind it, which do not know
-- slotd: podman lists them as well.
local resolv = Lua.io.open("/etc/resolv.conf")
unbound = {
	resolvconf = false;
	forward = { resolv:read("*a"):match("nameserver%s+(%S+)") };
}
resolv:close()

authentication = "internal_hashed"
ssl = {
	certificate = "/run/secrets/xmpp.pem";
	key = "/run/secrets/xmpp.pem";
}

VirtualHost "localhost"

Component "upload.localhost" "http_upload_slotd"
	http_upload_slotd_url = "http://slotd:8363"
	http_upload_slotd_caller = "prosody"
	http_upload_slotd_secret_file = "/run/secrets/prosody.secret"
