"""What the running process keeps to itself."""

import support


def test_no_core_dump(start):
    slotd = start(support.s3_config())
    with open(f"/proc/{slotd.process.pid}/limits", encoding="ascii") as file:
        limit = [line for line in file if line.startswith("Max core file")]
    assert limit[0].split()[4:6] == ["0", "0"]
