"""Where blocks stand in a document: adding, moving, copying, removing. Pure.

A place is "" for the document itself, or `b3.0` for the first column of block b3. Blocks in
columns hold no further columns, so places are two deep at most.
"""

from typing import Literal

from msgspec import structs

from signatures.document import MOST_BLOCKS, AnyBlock, Columns, Document, every_block


class BlockGone(LookupError):
    """There is no such block or place; somebody else may have removed it."""


class NoRoom(ValueError):
    """The document would hold more than MOST_BLOCKS blocks, or columns within columns."""


Places = dict[str, list[AnyBlock]]


def find(document: Document, name: str) -> AnyBlock:
    """Return the block of that name. Raises BlockGone."""
    for block in every_block(document):
        if block.id == name:
            return block
    raise BlockGone(name)


def place_of(document: Document, name: str) -> str:
    """Return the place where a block stands. Raises BlockGone."""
    return _whereabouts(_places(document), name)[0]


def changed(document: Document, block: AnyBlock) -> Document:
    """Return the document with this block instead of the one of its name. Raises BlockGone."""
    places = _places(document)
    place, index = _whereabouts(places, block.id)
    old = places[place][index]
    if isinstance(old, Columns) and isinstance(block, Columns):
        # What stands in the columns is changed by itself; columns that go leave it to the last.
        columns = [*old.columns[: len(block.columns)]]
        columns += [()] * (len(block.columns) - len(columns))
        for left_over in old.columns[len(columns) :]:
            columns[-1] += left_over
        block = structs.replace(block, columns=tuple(columns))
        blocks = tuple(block if each.id == block.id else each for each in document.blocks)
        return structs.replace(document, blocks=blocks)
    places[place][index] = block
    return _rebuilt(document, places)


def added(
    document: Document, block: AnyBlock, *, after: str = "", place: str = ""
) -> tuple[Document, str]:
    """Return the document with the block below another, or at the end of a place, and its name.

    Raises BlockGone, NoRoom.
    """
    places = _places(document)
    index = None
    if after:
        place, index = _whereabouts(places, after)
        index += 1
    if place not in places:
        raise BlockGone(place)
    if isinstance(block, Columns) and place:
        # Columns cannot stand in columns: they go below the ones that were asked for.
        place, index = _whereabouts(places, place.partition(".")[0])
        index += 1
    name = _next_name(document)
    into = places[place]
    into.insert(len(into) if index is None else index, structs.replace(block, id=name))
    return _checked(_rebuilt(document, places)), name


def removed(document: Document, name: str) -> Document:
    """Return the document without the block and what stands in it. Raises BlockGone."""
    places = _places(document)
    place, index = _whereabouts(places, name)
    del places[place][index]
    return _rebuilt(document, places)


def copied(document: Document, name: str) -> tuple[Document, str]:
    """Return the document with a copy below the block, and the copy's name.

    Raises BlockGone, NoRoom.
    """
    block = find(document, name)
    document, new = added(document, block, after=name)
    if not isinstance(block, Columns):
        return document, new
    filled, number = [], int(_next_name(document)[1:])
    for column in block.columns:
        copies = []
        for each in column:
            copies.append(structs.replace(each, id=f"b{number}"))
            number += 1
        filled.append(tuple(copies))
    copy = structs.replace(block, id=new, columns=tuple(filled))
    blocks = tuple(copy if each.id == new else each for each in document.blocks)
    return _checked(structs.replace(document, blocks=blocks)), new


def moved(document: Document, name: str, way: Literal["up", "down"]) -> Document:
    """Return the document with the block one step up or down, in and out of columns.

    At either end it stays. Raises BlockGone.
    """
    places = _places(document)
    place, index = _whereabouts(places, name)
    beside = index - 1 if way == "up" else index + 1
    if 0 <= beside < len(places[place]):
        block, neighbour = places[place][index], places[place][beside]
        del places[place][index]
        if isinstance(neighbour, Columns) and not isinstance(block, Columns):
            last = len(neighbour.columns) - 1
            _enter(places[f"{neighbour.id}.{last if way == 'up' else 0}"], block, way)
        else:
            places[place].insert(beside, block)
    elif place:
        block = places[place].pop(index)
        parent, _dot, column = place.partition(".")
        next_column = f"{parent}.{int(column) + (-1 if way == 'up' else 1)}"
        if next_column in places:
            _enter(places[next_column], block, way)
        else:
            _place, outer = _whereabouts(places, parent)
            places[""].insert(outer + (way == "down"), block)
    return _rebuilt(document, places)


def _enter(column: list[AnyBlock], block: AnyBlock, way: Literal["up", "down"]) -> None:
    column.insert(len(column) if way == "up" else 0, block)


def dropped(document: Document, name: str, *, place: str, index: int) -> Document:
    """Return the document with the block at that place, counted without it.

    Columns dropped into columns stay where they were. Raises BlockGone.
    """
    places = _places(document)
    old, at = _whereabouts(places, name)
    if place not in places:
        raise BlockGone(place)
    if isinstance(places[old][at], Columns) and place:
        return document
    block = places[old].pop(at)
    places[place].insert(max(0, min(index, len(places[place]))), block)
    return _rebuilt(document, places)


def _places(document: Document) -> Places:
    places: Places = {"": list(document.blocks)}
    for block in document.blocks:
        if isinstance(block, Columns):
            for number, column in enumerate(block.columns):
                places[f"{block.id}.{number}"] = list(column)
    return places


def _rebuilt(document: Document, places: Places) -> Document:
    blocks = tuple(
        structs.replace(
            block,
            columns=tuple(
                tuple(places.get(f"{block.id}.{number}", column))
                for number, column in enumerate(block.columns)
            ),
        )
        if isinstance(block, Columns)
        else block
        for block in places[""]
    )
    return structs.replace(document, blocks=blocks)


def _whereabouts(places: Places, name: str) -> tuple[str, int]:
    for place, blocks in places.items():
        for index, block in enumerate(blocks):
            if block.id == name:
                return place, index
    raise BlockGone(name)


def _next_name(document: Document) -> str:
    return f"b{1 + max((int(block.id[1:]) for block in every_block(document)), default=0)}"


def _checked(document: Document) -> Document:
    if sum(1 for _block in every_block(document)) > MOST_BLOCKS:
        raise NoRoom
    return document
