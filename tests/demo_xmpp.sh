# shellcheck shell=bash disable=SC2154 # demo.sh, which reads this, sets them
# The part of the demo that has an XMPP server: a Prosody with two accounts
# beside slotd, and a picture that goes from one to the other.
prosody_conf=$demo/prosody.cfg.lua
prosody_pid=$demo/prosody.pid
prosody_log=$demo/prosody.log
certificate=$demo/localhost.pem
modules=$(realpath "$here/../deploy/prosody")
export SSL_CERT_FILE=$folder/localhost.pem # go-sendxmpp trusts it, and no other

die_xmpp() {
	if [ -s "$prosody_log" ]; then
		echo "The last lines of $prosody_log:" >&2
		tail -n 5 "$prosody_log" >&2
	fi
	die "$@"
}

# False where none of the demo's runs.
stop_prosody() {
	stop "$prosody_pid" prosody.cfg.lua
}

# One that is still good is kept: a client may have been told to trust it. It
# vouches for itself alone, so trusting it opens nothing else.
make_certificate() {
	! openssl x509 -noout -checkend 604800 -in "$certificate" \
		>/dev/null 2>&1 || return 0
	(umask 077 && openssl req -x509 -newkey rsa:2048 -nodes -days 30 \
		-keyout "$demo/localhost.key" -out "$certificate" \
		-subj /CN=localhost -addext basicConstraints=critical,CA:FALSE \
		-addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
		2>"$demo/openssl.log") ||
		die "openssl made no certificate, see $demo/openssl.log"
}

# What clients talk to has TLS: nearly all refuse links without.
configure_https() {
	make_certificate
	cat >>"$demo/slotd.conf" <<-END
		public = {
			address = "127.0.0.1"; port = $((port + 1));
			tls_cert = "$folder/localhost.pem";
			tls_key = "$folder/localhost.key";
		};
	END
	is_free $((port + 1))
}

# Usage: add_account NAME PASSWORD
add_account() {
	mkdir -p "$demo/prosody/localhost/accounts"
	printf 'return { ["password"] = "%s" };\n' "$2" \
		>"$demo/prosody/localhost/accounts/$1.dat"
}

configure_prosody() {
	cat >"$prosody_conf" <<-END
		run_as_root = $([ "$(id -u)" = 0 ] && echo true || echo false)
		data_path = "$folder/prosody"
		pidfile = "$folder/prosody/pid"
		plugin_paths = { "$modules" }
		interfaces = { "127.0.0.1" }
		c2s_ports = { $c2s }
		c2s_direct_tls_ports = { }
		modules_enabled = { "roster", "saslauth", "tls", "disco", "ping",
			"carbons", "pep", "offline" }
		modules_disabled = { "s2s" }
		authentication = "internal_plain"
		storage = "internal"
		certificates = "$folder"
		ssl = {
			certificate = "$folder/localhost.pem";
			key = "$folder/localhost.key";
		}
		log = { { levels = { min = "info" }; to = "file";
			filename = "$folder/prosody.log" } }
		VirtualHost "localhost"
		Component "upload.localhost" "http_upload_slotd"
			http_upload_slotd_url = "$url"
			http_upload_slotd_caller = "demo"
			http_upload_slotd_secret_file = "$folder/demo.secret"
			http_upload_slotd_timeout = 30
	END
}

# True when it runs and has asked slotd; false when its port was taken.
start_prosody() {
	configure_prosody
	: >"$prosody_log"
	# Without the demo's trust: it is for its clients.
	env -u SSL_CERT_FILE setsid prosody --config "$folder/prosody.cfg.lua" \
		-F </dev/null >/dev/null 2>"$demo/prosody.out" &
	echo $! >"$prosody_pid"
	for ((i = 0; i < 600; i++)); do
		! grep -q 'Files of localhost may have' "$prosody_log" || break
		kill -0 "$(<"$prosody_pid")" 2>/dev/null || break
		sleep 0.1
	done
	if ! grep -q 'Files of localhost may have' "$prosody_log"; then
		cat "$demo/prosody.out" >&2
		stop_prosody || true
		die_xmpp "Prosody did not start, or did not reach slotd"
	fi
	grep -qF "'c2s' on [127.0.0.1]:$c2s" "$prosody_log" && return
	stop_prosody || true
	return 1
}

# On the first port from 5222 on that can be had.
start_prosody_somewhere() {
	for ((c2s = 5222; c2s < 5262; c2s++)); do
		if is_free "$c2s" && start_prosody; then
			return
		fi
	done
	die "no port from 5222 to 5261 is free"
}

draw_picture() {
	openssl base64 -d >"$1" <<-'END'
		iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQMAAACQp+OdAAAABlBMVEX///8gYKDe
		pF3RAAAAXklEQVR42s3PsQ2AIBCFYQwF5Y3AKIyGozGKI1haGH4T7mlvpPBVX/Vf
		LoR5W1YhNiFtgu1CPoRyCrULoAx4KIKHEnjIwEMZPFTAQxW6MnfoOfFPxPGKtc9g
		7CUm7QLxsW6DzmhalQAAAABJRU5ErkJggg==
	END
}

# The client gives up after 10 seconds, which a busy machine may need: it is
# tried again.
patiently() {
	"$@" || "$@" || "$@"
}

send_as_juliet() {
	go-sendxmpp -u juliet@localhost -p "$juliet" -j "localhost:$c2s" \
		-h "$1" romeo@localhost >"$demo/juliet.out" 2>&1
}

# What romeo's client writes when it has come online: messages wait for it.
listen_as_romeo() {
	timeout 60 go-sendxmpp -u romeo@localhost -p "$romeo" \
		-j "localhost:$c2s" -l >"$demo/romeo.out" 2>&1 &
	local pid=$!
	for ((i = 0; i < 600; i++)); do
		link=$(sed -n 's/.*\(https:[^ ]*\).*/\1/p' "$demo/romeo.out" |
			head -n 1)
		[ -z "$link" ] || break
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	# It listens until it is ended, or has failed by itself.
	kill "$pid" 2>/dev/null || true
	wait "$pid" || true
	[ -n "$link" ]
}

send_picture() {
	local picture=$demo/picture.png copy=$demo/picture.copy.png
	draw_picture "$picture"

	say "3. Juliet's client asks Prosody for a slot, Prosody asks slotd, and" \
		"the client uploads a picture and sends the link to Romeo:"
	show "export SSL_CERT_FILE=$folder/localhost.pem"
	show "go-sendxmpp -u juliet@localhost -p $juliet -j localhost:$c2s \\"
	echo "        -h $picture romeo@localhost"
	patiently send_as_juliet "$picture" ||
		die_xmpp "the picture was not sent: $(tail -n 1 "$demo/juliet.out")"

	say "4. Romeo comes online, gets the link, and the picture:"
	show "go-sendxmpp -u romeo@localhost -p $romeo -j localhost:$c2s -l"
	patiently listen_as_romeo ||
		die_xmpp "romeo got no link; see $demo/romeo.out"
	sed 's/^/  /;q' "$demo/romeo.out"
	show "curl --cacert $certificate -o $copy \\"
	echo "        $link"
	"${curl[@]}" --cacert "$certificate" -o "$copy" "$link" ||
		die "the download failed"
	show "cmp $picture $copy"
	cmp "$picture" "$copy" || die "the picture came back changed"
	echo "  the same, byte for byte"
}

say_how_to_log_in() {
	cat <<-END

		All is well. slotd and Prosody go on running (processes $(<"$pid_file") and $(<"$prosody_pid")).
		Log in with a client of your own and send a picture: juliet@localhost, password
		$juliet, or romeo@localhost, password $romeo; host localhost, port $c2s.
		It must trust the certificate of both, $certificate. Most clients ask for
		Prosody's, and trust what this machine trusts for uploads:

		  sudo cp $certificate /usr/local/share/ca-certificates/slotd-demo.crt
		  sudo update-ca-certificates     # "rm" and this again take it back
		  cat $prosody_log
		  cat $log
		  make demo-stop
	END
}

xmpp_journey() {
	for program in prosody go-sendxmpp; do
		command -v $program >/dev/null ||
			die "there is no $program: tests/packages.sh demo-xmpp installs it"
	done
	say_step_1
	juliet=$(openssl rand -hex 4) romeo=$(openssl rand -hex 4)
	say "2. Prosody starts, with slotd's module and two accounts:"
	rm -rf "$demo/prosody"
	(
		umask 077
		add_account juliet "$juliet"
		add_account romeo "$romeo"
	)
	start_prosody_somewhere
	if [ "$c2s" != 5222 ]; then
		echo "Port 5222 is in use; this demo takes $c2s."
	fi
	show "prosody --config $prosody_conf -F &"
	sed -n 's/.*\(http_upload_slotd.*Files of\)/  \1/p' "$prosody_log"
	send_picture
	say_how_to_log_in
}
