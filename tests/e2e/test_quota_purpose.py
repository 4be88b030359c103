"""Bytes of a purpose, counted by themselves."""

import subprocess
import time

import support
from test_quota import ask, assert_refused, limited, quota, used, when


def test_a_purpose_of_its_own(start):
    slotd = start(limited(policy={
        "bytes_per_day": 1000, "slots_per_minute": 50, "purposes": [
            {"name": "profile", "bytes_per_day": 70}, {"name": "permanent"}]}))
    slotd.slot(size=500)
    slotd.slot(size=300, purpose="permanent")
    slotd.slot(size=60, purpose="profile")
    refused = ask(slotd, size=11, purpose="profile")
    assert_refused(refused, "quota-exceeded", 86400)
    assert refused.json["detail"].startswith("the upload quota is used up")
    assert_refused(ask(slotd, size=201), "quota-exceeded", 86400)
    answer = used(slotd)
    assert (answer["slots"], answer["bytes"]) == (3, 800)
    assert set(answer["purposes"]) == {"profile"}
    own = answer["purposes"]["profile"]
    assert (own["bytes"], own["bytes_per_day"]) == (60, 70)
    assert abs(when(own["bytes_free_at"]) - time.time() - 86400) < 1000
    shown = subprocess.run(
        [support.SLOTD, "quota", "-c", slotd.path, "juliet@example.org"],
        text=True, capture_output=True, timeout=support.PATIENCE)
    assert "  for profile: 60 bytes of 70 bytes (60 of 70 bytes), frees " in (
        shown.stdout), shown
    assert quota(slotd, "juliet@example.org", "DELETE").status == 200
    answer = used(slotd)
    assert (answer["bytes"], answer["purposes"]["profile"]) == (
        0, {"bytes": 0, "bytes_free_at": None, "bytes_per_day": 70})
    slotd.slot(size=70, purpose="profile")
