"""What an invoice says, free of the database: what its PDF and its XML are made from. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class PaperLine:
    position: int
    customer_name: str
    title: str
    details: str
    quantity: int
    unit_price: Decimal
    net: Decimal
    vat_category: str
    vat_rate: Decimal | None
    service_from: date
    service_until: date


@dataclass(frozen=True)
class Paper:
    """An issued invoice or credit note; `seller` and `buyer` as they were copied on that day."""

    number: str
    is_credit_note: bool
    issued_on: date
    due_on: date
    language: str
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    groups: list[tuple[str, Decimal | None, Decimal, Decimal]]
    tax_in_euro: Decimal | None
    seller: dict[str, str]
    buyer: dict[str, str]
    preceding: list[tuple[str, date]]
    reason: str
    lines: list[PaperLine]

    @property
    def last_service_day(self) -> date:
        """The last service day of the latest line (BT-72)."""
        return max(line.service_until for line in self.lines)

    @property
    def categories(self) -> set[str]:
        return {group[0] for group in self.groups}
