"""slotd sweep holds a page of a listing, and not the bucket."""

import os

import pytest

import many_keys
import support

FEW, MANY = 10_000, 1_000_000


@pytest.mark.skipif(support.SANITIZED,
                    reason="sanitizers take memory of their own")
@pytest.mark.skipif(os.sysconf("SC_PAGESIZE") != 4096,
                    reason="larger pages are touched for less")
def test_an_erasure_among_a_million_keys(tmp_path):
    few = many_keys.erase(tmp_path, FEW)
    many = many_keys.erase(tmp_path, MANY)
    print(few, many)
    assert few.tally["erased"] == many.tally["erased"] == 1
    # A page has 1,000; and one for the notes.
    assert (few.lists, many.lists) == (11, 1001)
    # Less than a byte for each key more.
    assert (many.peak - few.peak) * 1024 < MANY - FEW
