"""The embedded store, when its disk or its clients misbehave."""

import http.client
import os

import support
from dial import Lines
from upload import Upload, tree

MIB = 2**20


def put(answer, data):
    return support.fetch("PUT", answer["put"], data)


def test_linked_folder(start, tmp_path):
    """A symbolic link where a folder should be leads nowhere."""
    store, outside = tmp_path / "store", tmp_path / "outside"
    (store / "files").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret.txt").write_text("outside")
    os.symlink(outside, store / "files" / "d")
    fs = start(support.fs_config(
        store, storage={"key": "d/{random}/{filename}"}))
    answer = fs.slot(size=3)
    reply = put(answer, b"abc")
    assert 400 <= reply.status <= 507, reply
    assert tree(outside) == {"secret.txt": 7}
    for target in ("/f/d/secret.txt", "/f/d", "/f/d/", "/f/d/../d"):
        support.assert_problem(fs.ask("GET", target), "not-found")


def test_linked_file(fs):
    """Nor does one where a file should be."""
    answer = fs.slot(size=3)
    assert put(answer, b"abc").status == 201
    folder = (fs.store / support.key_of(
        answer["get"], fs.config["public_url"] + "/f")).parent
    os.symlink("/etc/passwd", folder / "link.txt")
    os.symlink("cat.jpg", folder / "inside.jpg")
    os.mkfifo(folder / "fifo.jpg")
    for name in ("link.txt", "inside.jpg", "fifo.jpg", ""):
        url = answer["get"].replace("cat.jpg", name)
        support.assert_problem(support.fetch("GET", url), "not-found")
    other = fs.slot(size=3)
    place = fs.store / support.key_of(
        other["get"], fs.config["public_url"] + "/f")
    place.parent.mkdir(parents=True, exist_ok=True)
    os.symlink("/tmp/slotd-must-not-write-here", place)
    assert 400 <= put(other, b"abc").status <= 507
    assert not os.path.exists("/tmp/slotd-must-not-write-here")


def test_nothing_is_listed(fs):
    answer = fs.slot(size=3)
    assert put(answer, b"abc").status == 201
    base = fs.config["public_url"]
    parts = support.key_of(answer["get"], base + "/f").split("/")
    for n in range(len(parts)):
        for end in ("", "/", "/."):
            target = "/f/" + "/".join(parts[:n]) + end
            support.assert_problem(fs.ask("GET", target), "not-found")
    support.assert_problem(fs.ask("GET", "/f/.key"), "not-found")


def fill(path, size):
    path.write_bytes(b"\0" * size)


def test_full_disk(start, small_disk):
    fs = start(support.fs_config(
        small_disk / "store", storage={"min_free": "1 MiB"}))
    reply = fs.post(support.slot_body(size=20 * MIB))
    support.assert_problem(reply, "insufficient-storage")
    reply = fs.post(support.slot_body(size=7 * MIB + MIB // 2))
    support.assert_problem(reply, "insufficient-storage")
    answer = fs.slot(size=4 * MIB)
    data = os.urandom(4 * MIB)
    fill(small_disk / "filler", 5 * MIB)
    support.assert_problem(put(answer, data), "insufficient-storage")
    assert support.fetch("GET", answer["get"]).status == 404
    assert tree(small_disk / "store") == {}
    (small_disk / "filler").unlink()
    assert put(answer, data).status == 201
    assert support.fetch("GET", answer["get"]).body == data


def test_room_is_reserved(start, small_disk):
    """An upload that has begun has its room, whoever comes after it."""
    fs = start(support.fs_config(
        small_disk / "store", storage={"min_free": "1 MiB"}))
    first, second = (fs.slot(size=4 * MIB) for _ in range(2))
    data = os.urandom(4 * MIB)
    upload = Upload.begun(first["put"], data, 1000)
    support.assert_problem(put(second, data), "insufficient-storage")
    upload.send(data[1000:])
    assert upload.reply().status == 201
    assert support.fetch("GET", first["get"]).body == data


def test_disk_fills_under_way(start, small_disk):
    """The reserved room is real, or the upload fails and leaves nothing."""
    fs = start(support.fs_config(
        small_disk / "store", storage={"min_free": 0}))
    answer = fs.slot(size=6 * MIB)
    data = os.urandom(6 * MIB)
    upload = Upload.begun(answer["put"], data, MIB)
    try:
        fill(small_disk / "filler", 7 * MIB)
    except OSError:
        pass
    try:
        upload.send(data[MIB:])
        status = upload.reply().status
    except (OSError, http.client.HTTPException):
        status = None
    reply = support.fetch("GET", answer["get"])
    if status == 201:
        assert reply.body == data
    else:
        assert status in (None, 500, 507)
        assert reply.status == 404
        assert tree(small_disk / "store") == {}
    assert fs.healthy()


def test_no_descriptor_leaks(start, tmp_path):
    """Whatever became of the requests, their sockets and files are gone."""
    fs = start(support.fs_config(tmp_path / "store"))
    folder = f"/proc/{fs.process.pid}/fd"
    data = os.urandom(100000)
    before = None
    for _ in range(2):
        for _ in range(30):
            answer = fs.slot(size=len(data))
            Upload.begun(answer["put"], data, 500).close()
            support.wait_for(
                "a second try", lambda: put(answer, data).status == 201)
            assert put(answer, data).status == 409
            assert put(answer, data + b"x").status == 413
            assert support.fetch("GET", answer["get"]).body == data
            reader = Upload(answer["get"], None, method="GET")
            reader.sock.recv(10)
            reader.close()
        # The first round may open what then stays open.
        before = before or support.wait_for(
            "quiet", lambda: settled(folder))
    support.wait_for("the last descriptors' end", lambda: len(
        os.listdir(folder)) <= before)


def settled(folder):
    """How many descriptors are open, once no connection is."""
    links = []
    for name in os.listdir(folder):
        try:
            links.append(os.readlink(os.path.join(folder, name)))
        except FileNotFoundError:
            return 0
    sockets = [link for link in links if link.startswith("socket:")]
    # The listening one, and that to the process that reads.
    return len(links) if len(sockets) == 2 else 0


def limited(start, tmp_path, **limits):
    return start(support.fs_config(tmp_path / "store", limits=limits))


def test_too_slow(start, tmp_path):
    fs = limited(start, tmp_path, min_rate=10**6, body_timeout=2)
    answer = fs.slot(size=10 * MIB)
    upload = Upload(answer["put"], 10 * MIB)
    upload.send(b"x" * 100)
    upload.wait_closed(drip=b"x")
    assert support.fetch("GET", answer["get"]).status == 404
    assert tree(tmp_path / "store") == {}
    support.wait_for("a second try", lambda: put(
        answer, b"y" * 10 * MIB).status == 201)


def test_too_long(start, tmp_path):
    fs = limited(start, tmp_path, min_rate=1, upload_timeout=1)
    upload = Upload(fs.slot(size=10 * MIB)["put"], 10 * MIB)
    upload.send(b"x" * 100)
    upload.wait_closed(drip=b"x" * 100)
    assert tree(tmp_path / "store") == {}


def test_silent_body(start, tmp_path):
    fs = limited(start, tmp_path, body_timeout=1)
    for url, size in ((fs.slot(size=10)["put"], 10),
                      (fs.config["public_url"] + "/slot", 100)):
        method = "PUT" if size == 10 else "POST"
        upload = Upload(url, size, method=method)
        upload.send(b"x")
        upload.wait_closed()
    assert tree(tmp_path / "store") == {}
    assert fs.healthy()


def test_idle(start, tmp_path):
    fs = limited(start, tmp_path, idle_timeout=1)
    kept = Upload(fs.config["public_url"] + "/healthz", None, method="GET")
    assert kept.reply().status == 200
    kept.wait_closed()
    assert fs.healthy()


def test_slow_head(start, tmp_path):
    fs = limited(start, tmp_path, header_timeout=1)
    part = Upload.__new__(Upload)
    part.sock = support.socket.create_connection(fs.address)
    part.send(b"GET /healthz HTTP/1.1\r\nX: ")
    part.wait_closed(drip=b"y")  # a byte now and then does not help
    with Lines(fs.address) as lines:
        support.wait_for("an answer", lambda: lines.served(1))
