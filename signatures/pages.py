"""A page of a list that is not counted: one row more is read to know whether another follows."""

from typing import Any


class Page:
    """What `components/pages.html` and lists ask of a page."""

    def __init__(self, rows: Any, number: str | None, *, size: int):
        asked = int(number) if number and number.isascii() and number.isdigit() else 1
        self.number = min(max(asked, 1), 100_000)
        begin = (self.number - 1) * size
        found = list(rows[begin : begin + size + 1])
        self.object_list, self.has_next = found[:size], len(found) > size
        self.has_previous = self.number > 1
        self.has_other_pages = self.has_previous or self.has_next
        self.previous_page_number, self.next_page_number = self.number - 1, self.number + 1

    def __iter__(self):
        return iter(self.object_list)
