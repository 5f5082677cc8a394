"""The link of an invitation: everything in it is signed, and nothing else opens it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from invitations.links import make_token, read_token, same_token

KEYS = {"k2": b"a new key of 32 bytes, or so....", "k1": b"an old key of 32 bytes, or so..."}
EXPIRES = datetime(2026, 3, 9, 12, tzinfo=UTC)
INVITATION = {
    "code": "I-7K3M92QF",
    "generation": 1,
    "email_key": "clara@brot.example",
    "owner": "customer:17",
    "nonce": "n0nce",
    "expires_at": EXPIRES,
}
CHANGES = {
    "code": "I-7K3M92QG",
    "generation": 2,
    "email_key": "clara@brot.examplf",
    "owner": "reseller:17",
    "nonce": "n0ncf",
    "expires_at": EXPIRES + timedelta(seconds=1),
}
PARTS = some.text(min_size=1, max_size=12)


def test_a_link_is_the_same_each_time_it_is_made():
    token = make_token(KEYS, **INVITATION)
    assert token == make_token(KEYS, **INVITATION)
    key_id, code, signature = token.split(".")
    assert (key_id, code, len(signature)) == ("k2", "I-7K3M92QF", 64)
    assert read_token(token) == ("k2", "I-7K3M92QF")
    assert same_token(token, make_token(KEYS, **INVITATION))


@pytest.mark.parametrize("name", sorted(INVITATION))
def test_a_change_to_anything_that_is_signed_ends_the_link(name):
    before = make_token(KEYS, **INVITATION)
    after = make_token(KEYS, **INVITATION | {name: CHANGES[name]})
    assert before.split(".")[2] != after.split(".")[2]
    assert not same_token(before, after)


def test_the_signature_does_not_say_the_address_or_the_nonce():
    token = make_token(KEYS, **INVITATION)
    assert [word for word in ("clara", "brot", "n0nce", "customer") if word in token] == []


def test_a_moment_signs_alike_in_whatever_zone_it_is_written():
    elsewhere = EXPIRES.astimezone(timezone(timedelta(hours=2)))
    assert make_token(KEYS, **INVITATION) == make_token(
        KEYS, **INVITATION | {"expires_at": elsewhere}
    )


def test_while_keys_rotate_both_make_their_links_and_neither_makes_the_others():
    new, old = make_token(KEYS, **INVITATION), make_token(KEYS, **INVITATION, key_id="k1")
    assert (read_token(new), read_token(old)) == (("k2", "I-7K3M92QF"), ("k1", "I-7K3M92QF"))
    assert new.split(".")[2] != old.split(".")[2]
    assert old == make_token({"k1": KEYS["k1"]}, **INVITATION)
    # The key's name is signed too: renaming a key opens nothing.
    renamed = make_token({"k3": KEYS["k1"]}, **INVITATION)
    assert renamed.split(".")[2] != old.split(".")[2]


def test_a_key_that_is_not_known_makes_no_link():
    with pytest.raises(KeyError):
        make_token(KEYS, **INVITATION, key_id="k0")


def test_every_single_letter_of_a_link_counts():
    token = make_token(KEYS, **INVITATION)
    for place, letter in enumerate(token):
        forged = token[:place] + ("0" if letter != "0" else "1") + token[place + 1 :]
        assert not same_token(forged, token), place
    assert not same_token(token[:-1], token)
    assert not same_token(token + "0", token)
    assert not same_token("", token)


@pytest.mark.parametrize(
    "token",
    ["", "k2", "k2.I-7K3M92QF", "k2.I-7K3M92QF.abc.def", "k2.I-7K3M92QÄ.abc", "k2.I." + "a" * 200],
)
def test_what_is_no_link_reads_as_none(token):
    assert read_token(token) is None


def test_moving_a_letter_from_one_part_to_the_next_signs_differently():
    one = INVITATION | {"email_key": "a@b.example1", "owner": "customer:7"}
    other = INVITATION | {"email_key": "a@b.example", "owner": "1customer:7"}
    assert make_token(KEYS, **one) != make_token(KEYS, **other)


@given(some.tuples(PARTS, PARTS, PARTS), some.tuples(PARTS, PARTS, PARTS))
def test_two_invitations_share_a_signature_only_when_they_are_one(one, other):
    names = ("email_key", "owner", "nonce")
    first, second = (
        make_token(KEYS, **INVITATION | dict(zip(names, parts, strict=True)))
        for parts in (one, other)
    )
    assert same_token(first, second) == (one == other)
