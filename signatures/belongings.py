"""Which rows of this room belong to a customer: asked of the models, so that none is forgotten."""

from collections.abc import Iterator
from typing import NamedTuple

from django.apps import apps
from django.db import models

from customers.models import Customer


class Kind(NamedTuple):
    """A model and how its rows name their customer, as a filter's argument."""

    model: type[models.Model]
    path: str

    def of(self, customer: Customer) -> models.QuerySet:
        return self.model._base_manager.filter(**{self.path: customer})


def kinds() -> list[Kind]:
    """Return all kinds of rows a customer may have here, what points to others before those."""
    found = {
        model: path
        for model in apps.get_app_config("signatures").get_models(include_auto_created=True)
        if (path := _path(model, set()))
    }
    done: list[Kind] = []
    while found:
        pointed_to = {
            key.related_model
            for model in found
            for key in keys(model)
            if key.related_model != model
        }
        free = [model for model in found if model not in pointed_to] or list(found)
        done += [Kind(model, found.pop(model)) for model in free]
    return done


def keys(model: type[models.Model]) -> Iterator[models.ForeignKey]:
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey):
            yield field


def _path(model: type[models.Model], met: set) -> str | None:
    """Return how rows of a model lead to their customer: at once, or over others of this room."""
    own = list(keys(model))
    for key in own:
        if key.related_model is Customer:
            return key.name
    for key in own:
        parent = key.related_model
        is_near = parent._meta.app_label == "signatures" and parent not in met
        if is_near and (onward := _path(parent, met | {model})):
            return f"{key.name}__{onward}"
    return None
