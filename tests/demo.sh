#!/bin/bash
# The whole journey on one machine: starts slotd on its embedded store, gets a
# slot, uploads, downloads, compares, and leaves it running. With "xmpp", a
# picture goes from one account of a Prosody to another, and Prosody is left
# running, too.
# Usage: SLOTD=build/slotd DEMO=build/demo demo.sh [xmpp|stop]
set -euo pipefail
here=$(dirname "$(realpath "$0")")
slotd=${SLOTD:-build/slotd}
demo=${DEMO:-build/demo}
folder=$(realpath -m "$demo") # for the configuration: valid from anywhere
secret_file=$demo/demo.secret
pid_file=$demo/slotd.pid
log=$demo/slotd.log
curl=(curl -sS -f --noproxy '*' --max-time 60)

say() {
	printf '\n%s\n' "$*"
}

# Shows a command, as a person would type it.
show() {
	printf '  $ %s\n' "$*"
}

die() {
	printf '\nThe demo failed: %s\n' "$*" >&2
	if [ -s "$log" ]; then
		echo "The last lines of $log:" >&2
		tail -n 5 "$log" >&2
	fi
	exit 1
}

# Whether a process has this demo's file as an argument, and is not one that
# got its number.
is_ours() {
	[[ $1 =~ ^[0-9]+$ ]] || return 1
	tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline" | grep -qxF "$folder/$2"
}

# A process gives its memory back, and with it its command line, before its
# sockets: only one that is gone, or that its parent has not waited for yet,
# has ended.
ended() {
	local state
	state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" \
		2>/dev/null) || true
	[[ $state =~ ^([ZX]|$) ]]
}

# Usage: stop PID_FILE CONFIGURATION; fails if none of ours runs.
stop() {
	local pid
	[ -s "$1" ] || return 1
	pid=$(<"$1")
	rm -f "$1"
	is_ours "$pid" "$2" || return 1
	kill "$pid"
	for ((i = 0; i < 300; i++)); do
		! ended "$pid" || return 0
		sleep 0.1
	done
	! is_ours "$pid" "$2" || kill -9 "$pid"
}

# True where nobody listens.
is_free() {
	! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

configure() {
	mkdir -p "$demo/store"
	chmod 700 "$demo"
	(umask 077 && openssl rand -hex 32 >"$secret_file")
	cat >"$demo/slotd.conf" <<-END
		listen = { address = "127.0.0.1"; port = $port; };
		public_url = "$site";
		callers = ( { id = "demo"; secret_file = "$folder/demo.secret"; } );
		storage = { type = "fs"; path = "$folder/store"; min_free = "1 MiB"; };
	END
	[ "$mode" != xmpp ] || configure_https
}

# True when it runs; false when somebody has taken the port just before.
start() {
	# Or an earlier demo's "ready" is taken for that of this one.
	: >"$log"
	# With nothing of this shell open, so that it can outlive it.
	setsid "$slotd" serve -c "$folder/slotd.conf" \
		</dev/null >/dev/null 2>"$log" &
	echo $! >"$pid_file"
	# Not by asking the port: another demo may answer there.
	for ((i = 0; i < 600; i++)); do
		! grep -q msg=ready "$log" || break
		kill -0 "$(<"$pid_file")" 2>/dev/null || break
		sleep 0.05
	done
	if ! is_ours "$(<"$pid_file")" slotd.conf; then
		grep -q "Address already in use" "$log" && return 1
		die "slotd did not start"
	fi
	"$slotd" health -c "$demo/slotd.conf" || die "slotd is not healthy"
}

# On the first port from 8363 on that can be had.
start_somewhere() {
	for ((port = 8363; port < 8463; port++)); do
		url=http://127.0.0.1:$port site=http://127.0.0.1:$port
		[ "$mode" != xmpp ] || site=https://localhost:$((port + 1))
		if is_free "$port" && configure && start; then
			return
		fi
	done
	die "no port from 8363 to 8462 is free"
}

# Signs $body in a shell, as a module does in its own language.
sign() {
	ts=$(date +%s)
	nonce=$(openssl rand -hex 8)
	sig=$(printf 'slotd-v1\ndemo\nPOST\n/slot\n%s\n%s\n%s' \
		"$ts" "$nonce" "$body" |
		openssl dgst -sha256 -hmac "$(<"$secret_file")" |
		sed 's/.* //')
}

get_slot() {
	show "secret=\$(cat $secret_file) ts=$ts nonce=$nonce"
	show "body='$body'"
	cat <<-'END'
		  $ sig=$(printf 'slotd-v1\ndemo\nPOST\n/slot\n%s\n%s\n%s' \
		        "$ts" "$nonce" "$body" |
		        openssl dgst -sha256 -hmac "$secret" | sed 's/.* //')
		  $ curl -H "Authorization: Slot-HMAC-SHA256 id=demo, ts=$ts, nonce=$nonce, sig=$sig" \
		        -H "Content-Type: application/json" --data-binary "$body" \
	END
	echo "        $url/slot"
	slot=$("${curl[@]}" --data-binary "$body" -H "Content-Type: application/json" \
		-H "Authorization: Slot-HMAC-SHA256 id=demo, ts=$ts, nonce=$nonce, sig=$sig" \
		"$url/slot") || die "there was no slot"
	echo "  $slot"
}

# A member of the answer; its strings are URLs, which need no unescaping.
member() {
	sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" <<<"$slot"
}

journey() {
	local file=$demo/hello.txt copy=$demo/hello.copy.txt size put
	printf 'Hello from slotd, %s.\n' "$(date)" >"$file"
	size=$(stat -c %s "$file")

	say "2. The XMPP server asks for a slot. It signs with a secret that" \
		"only it and slotd know:"
	body='{"jid":"juliet@example.org","filename":"hello.txt","size":'$size'}'
	sign
	get_slot
	put=$(member put) get=$(member get)

	say "3. The client puts its file there:"
	show "curl -T $file \\"
	echo "        $put"
	"${curl[@]}" -o /dev/null -w '  %{http_code}\n' -H "Content-Type:" \
		-T "$file" "$put" || die "the upload was refused"

	say "4. Its friends get it:"
	show "curl -o $copy \\"
	echo "        $get"
	"${curl[@]}" -o "$copy" "$get" || die "the download failed"
	show "cmp $file $copy"
	cmp "$file" "$copy" || die "the file came back changed"
	echo "  the same, byte for byte"
}

say_what_next() {
	cat <<-END

		All is well. slotd goes on running at $url (process $(<"$pid_file")).
		What to try next:

		  curl -i $get
		  $slotd slot -c $demo/slotd.conf --jid romeo@example.org --size 5 a.txt
		  $slotd sign -c $demo/slotd.conf --caller demo --method GET --target '/limits?domain=example.org'
		  curl $url/openapi.yaml
		  cat $log
		  make demo-xmpp    # the same through Prosody, with your own client
		  make demo-stop
	END
}

say_step_1() {
	say "1. slotd starts on its embedded store, with a secret made just now:"
	start_somewhere
	if [ "$port" != 8363 ]; then
		echo "Port 8363 is in use; this demo takes $port."
	fi
	show "openssl rand -hex 32 >$secret_file"
	show "$slotd serve -c $demo/slotd.conf &"
	sed 's/^/  /;q' "$log"
}

mode=${1-}
# shellcheck source=tests/demo_xmpp.sh
. "$here/demo_xmpp.sh"
if [ "$mode" = stop ]; then
	if stop_prosody; then
		echo "The demo's Prosody has ended."
	fi
	if stop "$pid_file" slotd.conf; then
		echo "The demo's slotd has ended."
	else
		echo "No slotd of the demo is running."
	fi
	exit 0
fi
[ -x "$slotd" ] || die "$slotd is not there: run make first"
if stop_prosody; then
	echo "The Prosody of an earlier demo has ended."
fi
if stop "$pid_file" slotd.conf; then
	echo "The slotd of an earlier demo has ended."
fi
if [ "$mode" = xmpp ]; then
	xmpp_journey
	exit 0
fi
say_step_1
journey
say_what_next
