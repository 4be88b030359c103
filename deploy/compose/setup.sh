#!/bin/sh
# Makes in secrets/ what compose.yaml hands to the containers, and .env, which
# says what is started. What is there already is kept. Root gives the secrets to
# group 8363, as which the containers read them: sudo sh setup.sh, or for rootless podman: podman unshare sh setup.sh
# Usage: setup.sh [DOMAIN]
set -eu
domain=${1:-localhost}
cd "$(dirname "$0")"
if [ "$(id -u)" -ne 0 ]; then
	echo "As root, please: sudo sh setup.sh, or podman unshare sh setup.sh" >&2
	exit 1
fi
umask 077
mkdir -p secrets

# Usage: keep FILE COMMAND..., whose output is the file.
keep() {
	file=secrets/$1
	shift
	if [ ! -s "$file" ]; then
		"$@" >"$file.new"
		mv "$file.new" "$file"
		echo "$file"
	fi
}

url_for_ejabberd() {
	printf 'define_macro:\n  SLOTD_URL: "http://ejabberd:%s@slotd:8363/slot"\n' \
		"$(cat secrets/ejabberd.secret)"
}

# Key and certificate. It vouches for itself alone: clients ask whether to trust
# it.
certificate() {
	key=$(openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256)
	printf '%s\n' "$key"
	printf '%s\n' "$key" | openssl req -x509 -key /dev/stdin -days 365 \
		-subj "/CN=$domain" -addext basicConstraints=critical,CA:FALSE \
		-addext "subjectAltName=DNS:$domain"
}

keep slotd.key openssl rand -hex 32
keep prosody.secret openssl rand -hex 32
# The URL has the secret: both are made anew.
[ -s secrets/ejabberd.secret ] || rm -f secrets/ejabberd.yml
keep ejabberd.secret openssl rand -hex 32
keep ejabberd.yml url_for_ejabberd
keep xmpp.pem certificate
chown 0:8363 secrets/*
chmod 440 secrets/*
if [ ! -e .env ]; then
	echo COMPOSE_PROFILES=prosody,embedded >.env
	chmod 644 .env
fi
