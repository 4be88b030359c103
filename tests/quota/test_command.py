"""`slotd quota` where the count is in Redis: it asks the service."""

import support

MIB = 1 << 20


def command(slotd, *args):
    return support.run("quota", "-c", slotd.path, *args)


def test_what_all_processes_have_granted(redis, start):
    server = redis()

    def one():
        return start(support.s3_config(
            policy={"bytes_per_day": 10 * MIB, "slots_per_minute": 5,
                    "domain_bytes_per_day": 20 * MIB},
            quota={"type": "redis", "unix": str(server.path),
                   "timeout": 10000, "on_error": "refuse"}))

    one().slot(size=3 * MIB)
    slotd = one()
    slotd.slot(size=1 * MIB)
    done = command(slotd, "juliet@example.org")
    assert done.returncode == 0, done
    text = done.stdout.decode()
    assert "slots in the last minute: 2 of 5" in text
    assert "bytes in the last day: 4.0 MiB of 10.0 MiB" in text
    assert "of the whole domain: 4.0 MiB of 20.0 MiB" in text
    done = command(slotd, "--reset", "juliet@example.org")
    assert done.returncode == 0, done
    assert "slots in the last minute: 0 of 5" in done.stdout.decode()
    assert "of the whole domain: 4.0 MiB of" in done.stdout.decode()
    slotd.slot(size=10 * MIB)
    server.close()
    done = command(slotd, "juliet@example.org")
    assert done.returncode == 1, done
    assert b"status 503" in done.stderr
