"""What an import's pages say of its lines, in the reader's language."""

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from reseller_portal.words import format_date, format_money, format_number
from subscriptions.import_models import Import, ImportLine


class Line(NamedTuple):
    """A line as the page shows it; `problems` are column, cell and words."""

    number: int
    customer: str
    outcome: str
    label: str
    words: str
    contact: str
    problems: list[tuple[str, str, str]]


class Tab(NamedTuple):
    outcome: str
    label: str
    rows: int
    is_shown: bool


def twice(first: int) -> str:
    """Say that a row is for the same subscription as an earlier one."""
    return _("Row %(row)s is for the same customer and product. Keep one of the two.") % {
        "row": first
    }


def coming() -> str:
    return _("The customer is about to have this product already, with the next payment.")


def other_term() -> str:
    return _("The subscription has another term. Change it on the subscription's page.")


def lines(
    found: list[ImportLine], *, columns: dict[str, str], currency: str, at: int
) -> list[Line]:
    """Return lines for the page; `columns` are the labels, `at` the place of the name's cell."""
    return [
        Line(
            number=line.number,
            customer=line.values.get("company_name") or _cell(line.cells, at),
            outcome=line.outcome,
            label=str(ImportLine.Outcome(line.outcome).label),
            words="" if line.outcome == "wrong" else _facts(line.facts, currency),
            contact=line.values["contact"][1] if line.invites else "",
            problems=[
                (columns.get(column, column), cell, words) for column, cell, words in line.problems
            ],
        )
        for line in found
    ]


def tabs(found: Import, shown: str) -> list[Tab]:
    counts = found.outcome_counts
    all_ = [Tab("", _("All"), found.total, not shown)]
    return all_ + [
        Tab(value, str(label), counts[value], value == shown)
        for value, label in reversed(ImportLine.Outcome.choices)
        if counts.get(value)
    ]


def _cell(cells: list[str], at: int) -> str:
    return cells[at] if 0 <= at < len(cells) else ""


def _facts(facts: dict[str, Any], currency: str) -> str:
    language = get_language()

    def money(text: str) -> str:
        return format_money(Decimal(text), currency, language)

    def day(text: str) -> str:
        return format_date(date.fromisoformat(text), language)

    users = ngettext("%(count)s user", "%(count)s users", facts["to"]) % {
        "count": format_number(facts["to"], language)
    }
    parts = [users]
    if "from" in facts:
        parts = [f"{format_number(facts['from'], language)} → {users}"]
        parts.append(_("from %(date)s") % {"date": day(facts["from_on"])})
    if facts.get("cost"):
        parts.append(_("charged now: %(amount)s") % {"amount": money(facts["cost"])})
    if facts.get("trial"):
        parts.append(_("trial"))
    if facts.get("due_on"):
        words = _("next payment %(date)s") % {"date": day(facts["due_on"])}
        amount = f" ({money(facts['amount'])})" if facts.get("amount") else ""
        parts.append(words + amount)
    return " · ".join(parts)
