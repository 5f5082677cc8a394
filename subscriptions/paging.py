"""Pages of a sorted list by key: each page begins after the last row of the one before.

A page costs the same wherever it lies, and no row is skipped or shown twice when rows are added
meanwhile. Pure: a page's place is written into the address and read back from it.
"""

import base64
import json
from typing import NamedTuple


class Place(NamedTuple):
    """Where a page begins: next to the row with this sort value and id, forwards or backwards."""

    value: str | int
    id: int
    backwards: bool = False


def write_place(place: Place) -> str:
    """Return the place as it stands in an address.

    >>> read_place(write_place(Place("äpfel", 7)))
    Place(value='äpfel', id=7, backwards=False)
    """
    data = json.dumps([place.value, place.id, int(place.backwards)], separators=(",", ":"))
    return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


def read_place(text: str) -> Place | None:
    """Return the place, or None for anything that `write_place` did not write."""
    try:
        data = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        value, row_id, backwards = data
        place = Place(value, row_id, bool(backwards))
        str(value).encode()  # half a letter, such as "\ud800", is none that the database knows
    except (ValueError, TypeError, RecursionError):
        return None
    if isinstance(row_id, bool) or not isinstance(row_id, int) or abs(row_id) >= 2**63:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int) or "\0" in str(value):
        return None
    if isinstance(value, int) and abs(value) >= 2**31:
        return None
    return place if write_place(place) == text else None
