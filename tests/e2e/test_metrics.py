"""GET /metrics: every counter moves by what was done, and by that alone."""

import os
import signal
import socket
import subprocess
import time

import aws
import dialects
import pytest
import support
from scrape import scrape
from upload import Upload

REQUESTS = "slotd_http_requests_total"
REFUSALS = "slotd_refusals_total"
SECONDS = "slotd_http_request_duration_seconds"


def config(folder, **over):
    base = support.fs_config(folder, policy={"max_size": 1000}, **over)
    base["callers"].append(dialects.caller("jwt", base="/share/"))
    return base


def seconds(metrics, suffix):
    return metrics.samples.get(SECONDS + suffix, {})


def check_histogram(metrics):
    """Its counts are those of requests, and its buckets add up."""
    totals = {}
    for (route, _, _), value in metrics.of(REQUESTS).items():
        totals[(route,)] = totals.get((route,), 0) + value
    assert seconds(metrics, "_count") == totals
    for (route,), count in totals.items():
        buckets = [(float(le), value) for (name, le), value
                   in seconds(metrics, "_bucket").items() if name == route]
        assert buckets == sorted(buckets)
        values = [value for _, value in buckets]
        assert values == sorted(values)
        assert buckets[-1] == (float("inf"), count)
        assert metrics.value(SECONDS + "_sum", route) > 0


def test_at_first(start, tmp_path):
    before = int(time.time())
    slotd = start(config(tmp_path / "store"))
    metrics = scrape(slotd)
    assert metrics.of(REQUESTS) == {}
    assert metrics.of(REFUSALS) == {}
    # All of them are there, so that the first one counts as an increase.
    assert set(metrics.samples[REFUSALS]) == {
        (code,) for code in (*support.CODES, "rate-limited",
                             "quota-exceeded", "internal")}
    for name in ("slotd_start_time_seconds", "process_start_time_seconds",
                 "slotd_config_last_load_timestamp_seconds"):
        assert before <= metrics.value(name) <= time.time(), name
    [(version, _)] = metrics.of("slotd_build_info")
    assert f"slotd {version}\n".encode() == support.run("--version").stdout
    assert metrics.value("slotd_connections_max") == 4096
    assert metrics.value("slotd_config_last_reload_successful") == 1
    # It counts itself when it is over.
    metrics = scrape(slotd)
    assert metrics.of(REQUESTS) == {("/metrics", "GET", "200"): 1}
    check_histogram(metrics)


def test_slots(start, tmp_path):
    slotd = start(config(tmp_path / "store"))
    slotd.slot(size=100)
    slotd.slot(size=1000)
    slotd.slot(size=0, jid="Romeo@EXAMPLE.net./orchard")
    slotd.slot(caller="plain", size=7)
    assert slotd.post(support.slot_body(size=1001)).status == 413
    metrics = scrape(slotd)
    assert metrics.of("slotd_slots_granted_total") == {
        ("prosody", "example.org"): 2, ("prosody", "example.net"): 1,
        ("plain", "example.org"): 1}
    assert metrics.of("slotd_slot_bytes_granted_total") == {
        ("prosody", "example.org"): 1100, ("plain", "example.org"): 7}
    assert metrics.of(REQUESTS) == {
        ("/slot", "POST", "200"): 4, ("/slot", "POST", "413"): 1}
    assert metrics.of(REFUSALS) == {"file-too-large": 1}
    # What was signed rightly: 4 of one caller, 1 of the other.
    assert metrics.of("slotd_replay_entries") == {"prosody": 4, "plain": 1}
    assert metrics.of("slotd_replay_entries_max") == {
        "prosody": 333333, "plain": 333333}
    check_histogram(metrics)


def refuse_slots(slotd):
    body = support.slot_body(size=9)
    kind = [("Content-Type", "application/json")]

    def post(status, headers=kind, **auth):
        assert slotd.post(body, headers, **auth).status == status

    post(401, secret="not-the-right-secret")
    post(401, caller="nobody")
    post(401, ts=int(time.time()) - 4000)
    post(200, nonce="12345678")
    post(401, nonce="12345678")
    post(415, headers=[])
    assert slotd.post(b"{}").status == 400
    assert slotd.ask("PUT", "/slot", b"").status == 405
    assert slotd.ask("POST", "/slot", b"x" * 17000).status == 413
    assert slotd.ask("BREW", "/healthz").status == 405
    assert slotd.ask("HEAD", "/healthz").status == 200
    assert slotd.ask("GET", "/nothing").status == 404
    answer = support.raw(
        slotd.address, b"GET /readyz HTTP/1.1\r\nHost: a\r\nHost: b\r\n"
        b"Connection: close\r\n\r\n")
    assert support.statuses(answer) == [400]


def test_refusals(start, tmp_path):
    slotd = start(config(tmp_path / "store"))
    refuse_slots(slotd)
    metrics = scrape(slotd)
    assert metrics.of(REFUSALS) == {
        "unauthorized": 2, "clock-skew": 1, "replayed": 1,
        "unsupported-media-type": 1, "bad-request": 2,
        "method-not-allowed": 2, "body-too-large": 1, "not-found": 1}
    assert metrics.of(REQUESTS) == {
        ("/slot", "POST", "200"): 1, ("/slot", "POST", "400"): 1,
        ("/slot", "POST", "401"): 4, ("/slot", "POST", "413"): 1,
        ("/slot", "POST", "415"): 1, ("/slot", "PUT", "405"): 1,
        ("/healthz", "HEAD", "200"): 1, ("/healthz", "other", "405"): 1,
        ("none", "GET", "404"): 1, ("none", "GET", "400"): 1}
    check_histogram(metrics)


def test_files(start, tmp_path):
    slotd = start(config(tmp_path / "store"))
    slot = slotd.slot(size=3)
    for url, body, status in (
            (slot["put"], b"abcd", 413), (slot["put"], b"abc", 201),
            (slot["put"], b"abc", 409),
            (slot["put"].replace("/u/", "/u/x"), b"abc", 403)):
        assert support.fetch("PUT", url, body).status == status
    for method, url, status in (
            ("GET", slot["get"], 200), ("HEAD", slot["get"], 200),
            ("GET", slot["get"] + "x", 404), ("OPTIONS", slot["put"], 204)):
        assert support.fetch(method, url).status == status
    ticket = dialects.Pass("jwt", "id/a.svg", 5, "image/svg+xml")
    assert slotd.ask("PUT", "/share/id/a.svg", b"<svg>",
                     ticket.headers).status == 201
    upload = Upload.begun(slotd.slot(size=900)["put"], b"x" * 900, 10)
    upload.sock.close()
    metrics = support.wait_for("the end of the upload", lambda: (
        (found := scrape(slotd)).of(REQUESTS).get(("/u/", "PUT", "none"))
        and found))
    requests = metrics.of(REQUESTS)
    scrapes = requests.pop(("/metrics", "GET", "200"), 0)
    assert requests == {
        ("/slot", "POST", "200"): 2, ("/u/", "PUT", "201"): 1,
        ("/u/", "PUT", "403"): 1, ("/u/", "PUT", "409"): 1,
        ("/u/", "PUT", "413"): 1, ("/u/", "PUT", "none"): 1,
        ("/u/", "OPTIONS", "204"): 1, ("/f/", "GET", "200"): 1,
        ("/f/", "HEAD", "200"): 1, ("/f/", "GET", "404"): 1,
        ("base", "PUT", "201"): 1}
    assert metrics.of(REFUSALS) == {
        "length-mismatch": 1, "already-exists": 1, "slot-invalid": 1,
        "not-found": 1}
    assert metrics.value("slotd_uploads_total") == 2
    assert metrics.value("slotd_upload_bytes_total") == 8
    again = scrape(slotd).of(REQUESTS)
    assert again[("/metrics", "GET", "200")] == scrapes + 1
    check_histogram(metrics)


def refused_of(metrics):
    """By limits.connections, and by nothing else."""
    kinds = metrics.of("slotd_connections_refused_total")
    assert set(kinds) <= {"connections"}
    return kinds.get("connections", 0)


def ended_of(metrics):
    return metrics.value("slotd_connections_ended_total")


def is_open(sock):
    """Neither ended nor refused."""
    try:
        sock.setblocking(False)
        sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except ConnectionResetError:
        pass
    return False


def test_connections(start, tmp_path):
    public = ("127.0.0.1", support.free_port())
    slotd = start(config(
        tmp_path / "store", limits={"connections": 16},
        public={"address": public[0], "port": public[1]},
        public_url="http://127.0.0.1:%d" % public[1]))
    # Seven eighths of 16 are for strangers. Who had said nothing for a while
    # may be ended for who comes.
    strangers = [socket.create_connection(public, support.PATIENCE)
                 for _ in range(17)]
    metrics = support.wait_for("all of them", lambda: (
        (found := scrape(slotd)).value("slotd_connections", "public")
        == sum(map(is_open, strangers)) <= 14
        and refused_of(found) + ended_of(found) >= 3
        # Some may be refused between what one scrape reads first and last.
        and found.of(REFUSALS).get("unavailable", 0) == refused_of(found)
        and found.value("slotd_connections", "listen") == 1 and found))
    assert metrics.value("slotd_connections", "public") > 0
    assert metrics.value("slotd_connections_max") == 16
    for stranger in strangers:
        stranger.close()
    metrics = support.wait_for("their end", lambda: (
        (found := scrape(slotd)).value("slotd_connections", "public") == 0
        and found))
    accepted = metrics.value("slotd_connections_accepted_total", "public")
    assert accepted + refused_of(metrics) == 17
    assert metrics.value("slotd_connections_accepted_total", "listen") >= 2


def test_reloads(start, tmp_path):
    slotd = start(config(tmp_path / "store"))
    slotd.slot(size=9)
    good = slotd.path.read_text()

    def reload(text, line):
        seen = len(slotd.lines)
        slotd.path.write_text(text)
        slotd.process.send_signal(signal.SIGHUP)
        slotd.wait_line(line, seen)
        metrics = scrape(slotd)
        # What was counted before still counts.
        assert metrics.value(
            "slotd_slots_granted_total", "prosody", "example.org") == 1
        assert metrics.value("slotd_replay_entries", "prosody") == 1
        return (metrics.of("slotd_config_reloads_total"),
                metrics.value("slotd_config_last_reload_successful"))

    assert reload(good, "msg=reloaded") == ({"success": 1}, 1)
    assert reload(good + "x", "keeping the previous") == (
        {"success": 1, "failure": 1}, 0)
    assert reload(good, "msg=reloaded") == ({"success": 2, "failure": 1}, 1)


def test_process(start, tmp_path):
    slotd = start(config(tmp_path / "store"))
    metrics = scrape(slotd)
    folder = f"/proc/{slotd.process.pid}"
    # Of the connection that asked, one more or less.
    there = len(os.listdir(folder + "/fd"))
    assert abs(metrics.value("process_open_fds") - there) <= 2
    assert metrics.value("process_max_fds") >= 1024
    with open(folder + "/status") as status:
        resident = next(int(line.split()[1]) * 1024 for line in status
                        if line.startswith("VmRSS:"))
    found = metrics.value("process_resident_memory_bytes")
    assert resident / 2 < found < resident * 2
    assert metrics.value("process_virtual_memory_bytes") >= found
    assert 0 <= metrics.value("process_cpu_seconds_total") < 600


def test_credentials(start):
    slotd = start(support.s3_config())
    metrics = scrape(slotd)
    assert metrics.of("slotd_credentials_available") == {"default": 1}
    # Long-lived ones have no end.
    assert metrics.of("slotd_credentials_expiry_timestamp_seconds") == {}


def test_temporary_credentials(start, monkeypatch, tmp_path):
    aws.unset(monkeypatch)
    with aws.Aws() as server:
        aws.use_sts(monkeypatch, server, tmp_path)
        slotd = aws.ready(start(aws.config()))
        assert slotd.slot()
        metrics = scrape(slotd)
        assert metrics.of("slotd_credentials_available") == {"default": 1}
        assert metrics.of("slotd_credentials_expiry_timestamp_seconds") == {
            "default": server.given[0].expires}
        server.fault = aws.broken
        slotd = start(aws.config())
        slotd.wait_line('msg="no credentials"')
        metrics = scrape(slotd)
        assert metrics.samples["slotd_credentials_available"] == {
            ("default",): 0}
        assert metrics.of("slotd_credentials_expiry_timestamp_seconds") == {}


FORWARDED = [{"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "::1"},
             {"Forwarded": "for=192.0.2.1"}]


@pytest.mark.parametrize("trusted", [(), ("127.0.0.1",)])
def test_not_through_a_proxy(start, trusted):
    """Whom a proxy on this machine speaks for is somewhere else."""
    slotd = start(support.s3_config(trusted_proxies=trusted))
    for headers in FORWARDED:
        for method in ("GET", "HEAD"):
            reply = slotd.ask(method, "/metrics", headers=headers)
            assert reply.status == 403
        support.assert_problem(
            slotd.ask("GET", "/metrics", headers=headers), "forbidden")
    assert slotd.ask("GET", "/metrics").status == 200


def test_by_a_unix_socket(start, tmp_path):
    slotd = start(support.s3_config(
        listen={"address": None, "port": None,
                "unix": str(tmp_path / "socket")}))
    assert scrape(slotd).value("slotd_connections", "listen") == 1
    reply = slotd.ask("GET", "/metrics", headers=FORWARDED[0])
    assert reply.status == 403


def test_public_has_none(start, tmp_path):
    public = ("127.0.0.1", support.free_port())
    slotd = start(config(
        tmp_path / "store",
        public={"address": public[0], "port": public[1]},
        public_url="http://127.0.0.1:%d" % public[1]))
    reply = support.request(public, "GET", "/metrics")
    support.assert_problem(reply, "not-found")
    # And `listen` is not for strangers then.
    reply = slotd.ask("GET", "/metrics", headers=FORWARDED[0])
    assert reply.status == 200


NAMESPACE = """
ip link set lo up && ip address add 192.0.2.1/32 dev lo || exit 3
"$1" serve -c "$2" 2>"$3" & slotd=$!
for try in $(seq 600); do
	grep -q msg=ready "$3" && break
	sleep 0.1
done
for host in 127.0.0.1 192.0.2.1 127.0.0.1 192.0.2.1; do
	curl -s -m 20 -o /dev/null -w '%{http_code} ' "http://$host:$4/metrics"
done
kill $slotd
wait $slotd
"""


def test_other_machines_get_none(tmp_path):
    """From another address than loopback, in a network of its own."""
    config = support.s3_config(listen={"address": "::"})
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", NAMESPACE, "sh", support.SLOTD,
         support.write_config(tmp_path, config), tmp_path / "log",
         str(config["listen"]["port"])],
        capture_output=True, text=True, timeout=4 * support.PATIENCE)
    if done.returncode == 3 or "unshare failed" in done.stderr:
        pytest.skip("no network namespace: " + done.stderr)
    assert done.stdout == "200 403 200 403 ", done
