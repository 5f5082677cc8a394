"""Codes like `S-7K3M92QF`: what people quote on the phone and what addresses carry."""

import secrets

# Without 0/O, 1/I/L and U: nobody mishears them, and no words come out by chance.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_code(prefix: str) -> str:
    """Return a random code: 30⁸ are possible, so a table of millions rarely meets one twice."""
    return f"{prefix}-" + "".join(secrets.choice(ALPHABET) for _ in range(8))


def subscription_code() -> str:
    return new_code("S")


def customer_code() -> str:
    return new_code("C")


def invitation_code() -> str:
    return new_code("I")


def bulk_code() -> str:
    return new_code("B")


def table_code() -> str:
    return new_code("U")


def person_code() -> str:
    return new_code("P")


def design_code() -> str:
    return new_code("D")


def group_code() -> str:
    return new_code("G")


def rule_code() -> str:
    return new_code("U")


def import_code() -> str:
    return new_code("M")


def invoice_code() -> str:
    return new_code("R")


def erasure_code() -> str:
    return new_code("E")
