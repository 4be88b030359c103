"""How files end in OpenStack Swift: sweep, files, delete and erase with
slotd's own key, as Swift's rights of reading and writing include it all."""

import json

import pytest

import swift_lab
import test_erase as erasing
import test_sweep as sweeping
from erasing import JULIET, assert_accepted, erase
from swift_store import PAGE
from test_erase import keys_of, upload
from test_sweep import fill, future, key

lab = swift_lab.lab
key_file = erasing.key_file

test_files_and_delete = sweeping.test_files_and_delete
test_slotd_erase = erasing.test_slotd_erase


@pytest.mark.parametrize("place", [{}, {"prefix": "/pre/fi%20x"}])
def test_sweep(slotd, lab, place):
    sweeping.test_sweep(slotd, lab, place)


def test_more_than_a_page(slotd, lab):
    """A page of Swift's may have fewer keys than slotd asks for."""
    bucket = lab.bucket("sweep-pages")
    goes = [key(number=i) for i in range(2 * PAGE + 1)]
    stays = [key(future(), i) for i in range(PAGE)]
    fill(lab, bucket, goes + stays)
    config = lab.config(bucket, policy={"keep": "30 days"})
    done = slotd(config, "sweep", "--json")
    assert done.returncode == 0, done
    assert json.loads(done.stdout)["stores"][0]["removed"] == len(goes)
    assert set(lab.listing(bucket)) == set(stays)


def test_a_key_that_may_not(slotd, lab):
    bucket = lab.bucket("sweep-nobody")
    config = lab.config(
        bucket, policy={"keep": "30 days"}, user=lab.store.users["nobody"])
    done = slotd(config, "sweep")
    assert done.returncode == 1
    assert "403 AccessDenied" in done.stderr
    config["storage"]["access_key_secret"] = "wrong-secret"
    done = slotd(config, "sweep")
    assert done.returncode == 1
    assert "SignatureDoesNotMatch: the access key is wrong" in done.stderr


def test_no_such_bucket(slotd, lab):
    """A user with no rights on the account is not told that it is missing;
    an administrator is."""
    for user, said in ((lab.user, "403 AccessDenied"),
                       (lab.owner, "404 NoSuchBucket")):
        config = lab.config("not-there", policy={"keep": 60}, user=user)
        done = slotd(config, "sweep")
        assert done.returncode == 1 and said in done.stderr, done


def test_from_the_request_to_the_end(lab, start, slotd, key_file):
    """DELETE /files, and the sweeps after it."""
    bucket = lab.bucket("erase-plain")
    config = lab.config(bucket, key_file=key_file, storage={"put_ttl": 600},
                        policy={"keep": "30 days"})
    service = start(config)
    list(upload(lab, service, JULIET, 7))
    others = keys_of(lab, bucket, upload(lab, service, erasing.ROMEO, 3))
    late = service.slot(jid=JULIET, size=5)["put"]
    assert_accepted(erase(service))
    note, = (name for name in lab.listing(bucket) if "slotd-erase/" in name)
    for count in (7, 1):
        done = slotd(config, "sweep", "--json")
        assert done.returncode == 0 and done.stderr == "", done
        store, = json.loads(done.stdout)["stores"]
        assert (store["removed"], store["erased"]) == (count, count)
        assert set(lab.listing(bucket)) == {note, *others}
        assert lab.put(late, b"12345").status == 200
