"""Copying people and designs to where their company went."""

import json
import re
from collections.abc import Iterator
from time import monotonic
from typing import Any

from django.db import IntegrityError, models, transaction

from audit.actor import SYSTEM
from audit.operations import record
from customers.models import Customer
from reseller_portal import clock
from resellers.models import Reseller
from signatures.belongings import Kind, keys, kinds
from subscriptions.run_models import Move

# What is copied; who works with it, what was sent and what is under way stays behind.
COPIED = {
    "Picture",
    "Brand",
    "OwnField",
    "AreaSettings",
    "Person",
    "Group",
    "GroupMember",
    "Design",
    "Version",
    "Rule",
}
NAME = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Z]-[0-9A-Z]{8}")
AT_ONCE = 500


def copy_for_moves(*, seconds: float | None = None) -> bool:
    """Copy for every move that is done, each in one transaction; say whether all are.

    Stops after about so many seconds, if given.
    """
    end = None if seconds is None else monotonic() + seconds
    while True:
        with transaction.atomic():
            waiting = Move.objects.filter(done_on__isnull=False, copied_at=None).order_by("id")
            move = waiting.select_for_update(skip_locked=True).first()
            if move is None:
                return True
            customer = Customer.objects.get(pk=move.customer_id)
            arrived = Customer.objects.get(arrival=move)
            rows = _Copy(customer, arrived).copy_all()
            record(
                "signatures_copied",
                arrived,
                by=SYSTEM,
                reseller_id=arrived.reseller_id,
                after={"rows": rows},
            )
            Move.objects.filter(pk=move.pk).update(copied_at=clock.now())
        if end is not None and monotonic() > end:
            return False


class _Copy:
    """One customer's rows on their way to another; it knows what became of each."""

    def __init__(self, customer: Customer, arrived: Customer) -> None:
        self.customer, self.arrived = customer, arrived
        self.new_ids: dict[type[models.Model], dict[int, int]] = {}
        self.new_names: dict[str, str] = {}  # codes and keys, by which texts name rows

    def copy_all(self) -> int:
        """Copy every kind, what is pointed to first; return how many rows there are now."""
        for kind in reversed(kinds()):
            if kind.model.__name__ in COPIED:
                self._copy(kind)
        return sum(len(ids) for ids in self.new_ids.values())

    def _copy(self, kind: Kind) -> None:
        ids = self.new_ids[kind.model] = {}
        rows = kind.of(self.customer).order_by("pk").iterator(chunk_size=AT_ONCE)
        for some in batched_rows(rows):
            twins = [(old, self._twin(old)) for old in some]
            pairs = [(old, new) for old, new in twins if new is not None]
            for old, new in _created(kind.model, pairs):
                ids[old] = new.pk

    def _twin(self, row: models.Model) -> models.Model | None:
        """Return an unsaved copy at the new customer; None when it hangs on what is not there."""
        values: dict[str, Any] = {}
        parents = {key.attname: key for key in keys(type(row))}
        for field in row._meta.concrete_fields:
            value = getattr(row, field.attname)
            if field.primary_key or field.generated:
                continue
            if field.unique and field.has_default():
                new = field.get_default()
                self.new_names[str(value)] = str(new)
                value = new
            elif parent := parents.get(field.attname):
                value = self._parent(parent, value)
                if value is None and not field.null:
                    return None
            elif isinstance(field, models.JSONField):
                value = json.loads(self._renamed(json.dumps(value)))
            elif isinstance(field, models.TextField) and value:
                value = self._renamed(value)
            values[field.attname] = value
        return type(row)(**values)

    def _parent(self, key: models.ForeignKey, value: Any) -> Any:
        model = key.related_model
        if not key.target_field.primary_key:
            return self.new_names.get(str(value))
        if model is Customer:
            return self.arrived.pk
        if model is Reseller:
            return self.arrived.reseller_id
        if model._meta.app_label == "signatures":
            return self.new_ids.get(model, {}).get(value) if value else None
        return value

    def _renamed(self, text: str) -> str:
        return NAME.sub(lambda found: self.new_names.get(found[0], found[0]), text)


def batched_rows(rows: Iterator[models.Model]) -> Iterator[list[models.Model]]:
    """Yield the rows in lists of AT_ONCE."""
    some: list[models.Model] = []
    for row in rows:
        some.append(row)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _created(
    model: type[models.Model], pairs: list[tuple[models.Model, models.Model]]
) -> Iterator[tuple[int, models.Model]]:
    """Write the copies; where somebody began there meanwhile, theirs stands."""
    try:
        with transaction.atomic():
            model._base_manager.bulk_create([new for _old, new in pairs])
        yield from ((old.pk, new) for old, new in pairs)
        return
    except IntegrityError:
        pass
    for old, new in pairs:
        new.pk = None
        try:
            with transaction.atomic():
                new.save(force_insert=True)
        except IntegrityError:
            continue
        yield old.pk, new
