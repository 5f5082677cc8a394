"""An invoice as EN 16931 wants it: CII XML for ZUGFeRD/Factur-X, checked by schema and rules.

Large libraries: import this from a job only. Pure otherwise.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

import facturx
from facturx import generate_xml
from lxml import etree
from saxonche import PySaxonProcessor, PyXsltExecutable

from billing.paper import Paper, PaperLine
from billing.vat import NOT_TAXABLE, REVERSE_CHARGE, bare_vat_id

PROFILE = "urn:cen.eu:en16931:2017"
INVOICE, CREDIT_NOTE = "380", "381"
ONE = "C62"  # the unit "one" of UN/ECE Recommendation 20
CREDIT_TRANSFER, SEPA_TRANSFER = "30", "58"
# What EN 16931 wants said where no VAT is charged: the reason's code and its words.
EXEMPTIONS = {
    REVERSE_CHARGE: ("VATEX-EU-AE", "Steuerschuldnerschaft des Leistungsempfängers"),
    NOT_TAXABLE: ("VATEX-EU-O", "Nicht im Inland steuerbare Leistung (§ 3a Abs. 2 UStG)"),
}
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SVRL = {"svrl": "http://purl.oclc.org/dsdl/svrl"}
_SCHEMAS = files(facturx).joinpath("xsd_and_schematron", "facturx-en16931")


class NotValid(Exception):
    """An XML that schema or rules refuse, with what they say."""


def einvoice(paper: Paper) -> bytes:
    """Return a paper's XML, valid by the official schema and rules. Raises NotValid."""
    xml = generate_xml(
        _writable(_terms(paper)), level="en16931", check_xsd=False, check_schematron=False
    )
    check(xml)
    return xml


def check(xml: bytes) -> None:
    """Raise NotValid unless the XML passes the schema and every rule."""
    schema = _schema()
    if not schema.validate(etree.fromstring(xml)):  # noqa: S320 our own text
        raise NotValid(str(schema.error_log.last_error))
    problems = list(broken_rules(xml))
    if problems:
        raise NotValid("; ".join(problems))


def broken_rules(xml: bytes) -> Iterator[str]:
    """Yield what the Schematron of EN 16931 has to say against an XML."""
    processor, rules = _rules()
    document = processor.parse_xml(xml_text=xml.decode())
    report = rules.transform_to_string(xdm_node=document)
    for failed in etree.fromstring(report.encode()).iterfind(".//svrl:failed-assert", _SVRL):  # noqa: S320
        yield " ".join("".join(failed.itertext()).split())


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(_SCHEMAS.joinpath("Factur-X_EN16931.xsd"))))  # noqa: S320


@lru_cache(maxsize=1)
def _rules() -> tuple[PySaxonProcessor, PyXsltExecutable]:
    """Return the compiled rules: once a process, as compiling takes seconds."""
    processor = PySaxonProcessor(license=False)
    compiler = processor.new_xslt30_processor()
    file = str(_SCHEMAS.joinpath("FACTUR-X_EN16931.xslt"))
    return processor, compiler.compile_stylesheet(stylesheet_file=file)


def _writable(value: Any) -> Any:
    """Return the value without the letters that no XML may hold, as control characters."""
    if isinstance(value, dict):
        return {key: _writable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_writable(each) for each in value]
    return _NOT_IN_XML.sub("", value) if isinstance(value, str) else value


def _terms(paper: Paper) -> dict[str, Any]:
    """Return the business terms (BT-…) and groups (BG-…) of the norm for a paper."""
    taxable = NOT_TAXABLE not in paper.categories
    terms: dict[str, Any] = {
        "BT-24": PROFILE,
        "BT-1": paper.number,
        "BT-2": paper.issued_on,
        "BT-3": CREDIT_NOTE if paper.is_credit_note else INVOICE,
        "BT-5": paper.currency,
        "BT-72": paper.last_service_day,
        "BT-83": paper.number,
        "BG-1": [{"BT-22": note} for note in _notes(paper)],
        "BG-3": [{"BT-25": number, "BT-26": day} for number, day in paper.preceding],
        "BG-4": _seller(paper.seller, taxable),
        "BG-7": _buyer(paper.buyer, taxable),
        "BG-23": [_group(group) for group in paper.groups],
        "BG-25": [_line(line) for line in paper.lines],
        "BT-106": str(paper.net),
        "BT-109": str(paper.net),
        "BT-110": str(paper.tax),
        "BT-112": str(paper.gross),
        "BT-115": str(paper.gross),
    }
    if paper.tax_in_euro is not None:
        terms |= {"BT-6": "EUR", "BT-111": str(paper.tax_in_euro)}
    if not paper.is_credit_note:
        terms |= {
            "BT-9": paper.due_on,
            "BT-81": SEPA_TRANSFER if paper.currency == "EUR" else CREDIT_TRANSFER,
            "BT-84": paper.seller["iban"].replace(" ", ""),
            "BT-85": paper.seller["name"],
            "BT-86": paper.seller["bic"],
        }
    return terms


def _notes(paper: Paper) -> list[str]:
    seller = paper.seller
    legal = [seller["register_court"], seller["registration"], seller["directors"]]
    notes = [", ".join(part for part in legal if part)]
    return [*notes, paper.reason] if paper.reason else notes


def _seller(seller: dict[str, str], taxable: bool) -> dict[str, Any]:
    party = _party(seller) | {
        "legal_identifier": seller["registration"],
        "tax_identifier": seller["tax_number"],
        "contacts": [{"name": seller["name"], "phone": seller["phone"], "email": seller["email"]}],
        "einvoicing_addr": seller["email"],
        "einvoicing_addr_schemeid": "EM",
    }
    return party | {"vat_identifier": bare_vat_id(seller["vat_id"])} if taxable else party


def _buyer(buyer: dict[str, str], taxable: bool) -> dict[str, Any]:
    vat_id = bare_vat_id(buyer["vat_id"])
    return _party(buyer) | ({"vat_identifier": vat_id} if taxable and vat_id else {})


def _party(party: dict[str, str]) -> dict[str, Any]:
    return {
        "name": party["name"],
        "addr_l1": party["street"],
        "postcode": party["postcode"],
        "city": party["city"],
        "country_code": party["country"],
    }


def _group(group: tuple[str, Decimal | None, Decimal, Decimal]) -> dict[str, str]:
    category, rate, taxable, tax = group
    terms = {"BT-116": str(taxable), "BT-117": str(tax), "BT-118": category}
    if rate is not None:
        terms["BT-119"] = _percent(rate)
    if category in EXEMPTIONS:
        terms["BT-121"], terms["BT-120"] = EXEMPTIONS[category]
    return terms


def _line(line: PaperLine) -> dict[str, Any]:
    terms: dict[str, Any] = {
        "BT-126": str(line.position),
        "BT-127-00": [{"BT-127": line.customer_name}],
        "BT-129": str(line.quantity),
        "BT-130": ONE,
        "BT-131": str(line.net),
        "BT-134": line.service_from,
        "BT-135": line.service_until,
        "BT-146": str(line.unit_price),
        "BT-151": line.vat_category,
        "BT-153": line.title,
        "BT-154": line.details,
    }
    if line.vat_rate is not None:
        terms["BT-152"] = _percent(line.vat_rate)
    return terms


def _percent(rate: Decimal) -> str:
    return f"{rate.normalize():f}"
