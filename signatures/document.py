"""A design as a document: its blocks, and what each may say. Pure.

A document is plain JSON as it is kept, and these records where code reads it. Where a link may lead
and which placeholders there are, the forms see to. Sizes are px, colours #rrggbb.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple, get_args

import msgspec
from msgspec import Meta, Struct, structs

from signatures.placeholders import placeholders_in

SCHEMA: Literal[1] = 1
MOST_BLOCKS = 60
ACCENT, TEXT = "#0b6b6b", "#1f2a30"  # of whoever has chosen none
WIDEST = 600  # px; phones and preview panes are no wider

FONTS = {
    "Arial": "Arial, Helvetica, sans-serif",
    "Calibri": "Calibri, Carlito, Arial, sans-serif",
    "Verdana": "Verdana, Geneva, sans-serif",
    "Tahoma": "Tahoma, Geneva, sans-serif",
    "Trebuchet MS": "'Trebuchet MS', Helvetica, sans-serif",
    "Georgia": "Georgia, 'Times New Roman', serif",
    "Times New Roman": "'Times New Roman', Times, serif",
    "Courier New": "'Courier New', Courier, monospace",
}
NETWORKS = {
    "linkedin": "LinkedIn",
    "xing": "Xing",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "youtube": "YouTube",
    "x": "X",
    "mastodon": "Mastodon",
    "tiktok": "TikTok",
    "whatsapp": "WhatsApp",
    "github": "GitHub",
}

Colour = Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}$")]
MaybeColour = Annotated[str, Meta(pattern=r"^(#[0-9a-f]{6})?$")]
FontName = Literal[
    "",
    "Arial",
    "Calibri",
    "Verdana",
    "Tahoma",
    "Trebuchet MS",
    "Georgia",
    "Times New Roman",
    "Courier New",
]
Network = Literal[
    "linkedin",
    "xing",
    "facebook",
    "instagram",
    "youtube",
    "x",
    "mastodon",
    "tiktok",
    "whatsapp",
    "github",
]
ContactKind = Literal[
    "phone",
    "mobile",
    "fax",
    "email",
    "website",
    "linkedin",
    "booking_link",
    "office",
    "address",
    "company_phone",
    "company_email",
    "company_website",
    "company_address",
]
CompanyPart = Literal["name", "address", "register", "leaders", "chair", "vat_id"]
CONTACTS = get_args(ContactKind)
COMPANY_PARTS: tuple[CompanyPart, ...] = get_args(CompanyPart)
Align = Literal["left", "center", "right"]
Tone = Literal["text", "accent", "quiet"]
Link = Annotated[str, Meta(max_length=500)]
Alt = Annotated[str, Meta(max_length=120)]
Width = Annotated[int, Meta(ge=16, le=WIDEST)]


class DocumentRefused(ValueError):
    """What was given is no document; its words say where and why, for whoever wrote it."""


class Picture(Struct, frozen=True, forbid_unknown_fields=True):
    """An uploaded picture by its key, with the pixels of its file."""

    key: Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    width: Annotated[int, Meta(ge=1, le=4_000)]
    height: Annotated[int, Meta(ge=1, le=4_000)]


class Block(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """What every block has: its name within the document, room above it, and its condition.

    `when` is a placeholder: the block stays away from those who have nothing there.
    """

    id: Annotated[str, Meta(pattern=r"^b[1-9][0-9]{0,3}$")]
    above: Annotated[int, Meta(ge=0, le=60)] = 0
    when: Annotated[str, Meta(max_length=60)] = ""


class Text(Block, frozen=True, kw_only=True, tag="text"):
    """Lines with placeholders; a line stays away where a person has nothing to fill in."""

    lines: Annotated[str, Meta(max_length=2_000)] = ""
    size: Annotated[int, Meta(ge=10, le=32)] = 13
    bold: bool = False
    tone: Tone = "text"
    align: Align = "left"
    link: Link = ""


class Contact(Block, frozen=True, kw_only=True, tag="contact"):
    """How to reach the person, each with its label, as lines or in one row."""

    fields: tuple[ContactKind, ...] = ("phone", "mobile", "email")
    labels: Literal["words", "letters", "none"] = "words"
    layout: Literal["lines", "row"] = "lines"
    size: Annotated[int, Meta(ge=12, le=20)] = 13


class Logo(Block, frozen=True, kw_only=True, tag="logo"):
    """The logo of the brand, linked to where the company is at home."""

    width: Annotated[int, Meta(ge=16, le=300)] = 120
    align: Align = "left"
    link: Link = "{{ company_website }}"
    picture: Picture | None = None  # filled in from the brand


class Image(Block, frozen=True, kw_only=True, tag="image"):
    picture: Picture | None = None
    width: Width = 120
    alt: Alt = ""
    link: Link = ""
    align: Align = "left"


class Photo(Block, frozen=True, kw_only=True, tag="photo"):
    """The person's photo; whoever has none has nothing there."""

    width: Annotated[int, Meta(ge=32, le=160)] = 96
    shape: Literal["round", "square"] = "round"
    align: Align = "left"


class Social(Block, frozen=True, kw_only=True, tag="social"):
    """Icons that lead to networks; a placeholder makes a link the person's own."""

    links: dict[Network, Link] = {}
    width: Annotated[int, Meta(ge=24, le=40)] = 28
    look: Literal["accent", "dark"] = "accent"
    align: Align = "left"


class Button(Block, frozen=True, kw_only=True, tag="button"):
    words: Annotated[str, Meta(max_length=60)] = ""
    link: Link = ""
    align: Align = "left"


class Banner(Block, frozen=True, kw_only=True, tag="banner"):
    """A wide picture, such as one that invites to a fair."""

    picture: Picture | None = None
    width: Width = 480
    alt: Alt = ""
    link: Link = ""


class Divider(Block, frozen=True, kw_only=True, tag="divider"):
    thickness: Annotated[int, Meta(ge=1, le=8)] = 1
    tone: Tone = "accent"


class Disclaimer(Block, frozen=True, kw_only=True, tag="disclaimer"):
    lines: Annotated[str, Meta(max_length=2_000)] = ""
    size: Annotated[int, Meta(ge=10, le=14)] = 11


class Company(Block, frozen=True, kw_only=True, tag="company"):
    """What the law wants to be named in business mail, from the brand's details."""

    parts: tuple[CompanyPart, ...] = COMPANY_PARTS
    layout: Literal["lines", "row"] = "row"
    size: Annotated[int, Meta(ge=10, le=14)] = 12


class Html(Block, frozen=True, kw_only=True, tag="html"):
    """Somebody's own HTML, reduced to what e-mail needs when it is kept and when it is sent."""

    html: Annotated[str, Meta(max_length=20_000)] = ""


Leaf = (
    Text
    | Contact
    | Logo
    | Image
    | Photo
    | Social
    | Button
    | Banner
    | Divider
    | Disclaimer
    | Company
    | Html
)


class Columns(Block, frozen=True, kw_only=True, tag="columns"):
    """Blocks side by side. A column that has nothing for a person leaves no gap."""

    columns: Annotated[tuple[tuple[Leaf, ...], ...], Meta(min_length=2, max_length=3)] = ((), ())
    gap: Annotated[int, Meta(ge=0, le=40)] = 16
    rule: bool = False  # a line in the accent colour between them
    valign: Literal["top", "middle"] = "top"


AnyBlock = Leaf | Columns
KINDS: dict[str, type[AnyBlock]] = {kind.__struct_config__.tag: kind for kind in get_args(AnyBlock)}


class Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A design. An empty colour or font is the brand's; `language` is that of its labels."""

    schema: Literal[1] = SCHEMA
    language: Literal["de", "en"] = "de"
    accent: MaybeColour = ""
    text: MaybeColour = ""
    font: FontName = ""
    blocks: tuple[AnyBlock, ...] = ()


def read_document(raw: Any) -> Document:
    """Return the document that plain JSON holds. Raises DocumentRefused."""
    document: Document = _read(raw, Document)
    ids = [block.id for block in every_block(document)]
    if len(ids) > MOST_BLOCKS:
        raise DocumentRefused(f"There are {len(ids)} blocks, and {MOST_BLOCKS} at most.")
    for name in ids:
        if ids.count(name) > 1:
            raise DocumentRefused(f"The block {name} is there twice.")
    return document


def read_block(raw: Any) -> AnyBlock:
    """Return the block that plain JSON holds. Raises DocumentRefused."""
    block: AnyBlock = _read(raw, AnyBlock)
    return block


def _read(raw: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as refusal:
        raise DocumentRefused(str(refusal)) from refusal


def as_json(record: Struct) -> dict[str, Any]:
    """Return a document or block as plain JSON."""
    return msgspec.json.decode(msgspec.json.encode(record))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of documents, for those who write them elsewhere."""
    return msgspec.json.schema(Document)


class BrandLook(NamedTuple):
    """How a brand looks: its colours, font and logo."""

    accent: str
    text: str
    font: str
    logo: Picture | None


def dressed(document: Document, look: BrandLook) -> Document:
    """Return the document with everything that it leaves to the brand filled in."""

    def with_logo(block: Any) -> Any:
        if isinstance(block, Logo):
            return structs.replace(block, picture=look.logo)
        return block

    blocks = tuple(
        structs.replace(
            block, columns=tuple(tuple(map(with_logo, column)) for column in block.columns)
        )
        if isinstance(block, Columns)
        else with_logo(block)
        for block in document.blocks
    )
    return structs.replace(
        document,
        accent=document.accent or look.accent,
        text=document.text or look.text,
        font=document.font or look.font,
        blocks=blocks,
    )


def kind_of(block: AnyBlock) -> str:
    """Return the name of a block's kind as documents write it."""
    return str(type(block).__struct_config__.tag)


def every_block(document: Document) -> Iterator[AnyBlock]:
    """Yield all blocks from top to bottom; columns before what stands in them."""
    for block in document.blocks:
        yield block
        if isinstance(block, Columns):
            for column in block.columns:
                yield from column


def texts_of(block: AnyBlock) -> Iterator[str]:
    """Yield what of a block may hold placeholders."""
    for name in ("lines", "words", "link", "html", "alt"):
        if text := getattr(block, name, ""):
            yield text
    if isinstance(block, Social):
        yield from block.links.values()
    if block.when:
        yield f"{{{{ {block.when} }}}}"


def asked_for(document: Document) -> list[str]:
    """Return the placeholders that the document's blocks ask for, in order, each once."""
    names: dict[str, None] = {}
    for block in every_block(document):
        for text in texts_of(block):
            names |= dict.fromkeys(placeholders_in(text))
        if isinstance(block, Contact):
            names |= dict.fromkeys(name for name in block.fields if "address" not in name)
        if isinstance(block, Photo):
            names["photo"] = None
    return list(names)
