"""What is different between two documents, block by block, for people to read. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from signatures.document import AnyBlock, Columns, Document, as_json, every_block, kind_of


class Difference(NamedTuple):
    """One thing that changed.

    `what` is added, removed, moved or changed; `kind` the block's, "" for the document itself;
    `field` which of its values, `before` and `after` what stood and stands there.
    """

    what: str
    kind: str
    field: str = ""
    before: Any = None
    after: Any = None


def differences(old: Document, new: Document) -> list[Difference]:
    """Return what leads from one document to another: its style, then block by block."""
    return [*_style(old, new), *_blocks(old, new)]


def _style(old: Document, new: Document) -> Iterator[Difference]:
    for field in ("accent", "text", "font", "language"):
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield Difference("changed", "", field, before, after)


def _blocks(old: Document, new: Document) -> Iterator[Difference]:
    were = {block.id: block for block in every_block(old)}
    are = {block.id: block for block in every_block(new)}
    for name, block in were.items():
        if name not in are or kind_of(are[name]) != kind_of(block):
            yield Difference("removed", kind_of(block), before=as_json(block))
    order = _order(old, set(are) & set(were))
    for name, block in are.items():
        if name not in were or kind_of(were[name]) != kind_of(block):
            yield Difference("added", kind_of(block), after=as_json(block))
            continue
        yield from _fields(were[name], block)
    for name, place in _order(new, set(are) & set(were)).items():
        if order[name] != place:
            yield Difference("moved", kind_of(are[name]))


def _fields(old: AnyBlock, new: AnyBlock) -> Iterator[Difference]:
    before, after = as_json(old), as_json(new)
    if isinstance(old, Columns):  # what stands in them is compared by itself
        before["columns"], after["columns"] = len(before["columns"]), len(after["columns"])
    for field in before:
        if before[field] != after[field]:
            yield Difference("changed", kind_of(new), field, before[field], after[field])


def _order(document: Document, of: set[str]) -> dict[str, tuple[str, str]]:
    """Return block → the place it stands in and the block before it, among those given."""
    found: dict[str, tuple[str, str]] = {}
    places: list[tuple[str, tuple[AnyBlock, ...]]] = [("", document.blocks)]
    for block in document.blocks:
        if isinstance(block, Columns):
            places += [
                (f"{block.id}.{number}", column) for number, column in enumerate(block.columns)
            ]
    for place, blocks in places:
        before = ""
        for block in blocks:
            if block.id in of:
                found[block.id] = (place, before)
                before = block.id
    return found
