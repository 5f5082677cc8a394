"""One JSON line per event, without anything that names a person or is a secret.

Django, Celery and gunicorn write what their callers gave them: addresses of pages, values in the
words of exceptions. What is left here is the page's name, and an exception's kind and place.
"""

import copy
import logging
import re
import traceback
from collections.abc import Iterator
from typing import Any

import structlog

ADDRESS = re.compile(r"[^\s\"'<>(),:;=\\]+@[^\s\"'<>(),:;=\\]+\.[^\s\"'<>(),:;=\\]+")


class WithoutAddresses(structlog.stdlib.ProcessorFormatter):
    """Names the page instead of its address, which other packages' lines quote: it may be a secret.

    An e-mail address is left out wherever it stands, as in the words of a mail server.
    """

    def format(self, record: logging.LogRecord) -> str:
        request = getattr(record, "request", None)
        path = getattr(request, "path", "")
        if path and isinstance(record.args, tuple):
            # Django escapes what it quotes.
            quoted = {path, path.encode("unicode_escape").decode("ascii")}
            match = getattr(request, "resolver_match", None)
            page = match.view_name if match else "unknown"
            record = copy.copy(record)
            record.args = tuple(page if each in quoted else each for each in record.args or ())
        elif record.name.startswith("gunicorn") and isinstance(record.args, tuple):
            record = copy.copy(record)
            record.args = tuple(_without_path(each) for each in record.args)
        elif isinstance(record.args, dict) and record.args.get("exc"):  # a task that failed
            record = copy.copy(record)
            kind = record.exc_info[0] if record.exc_info else None
            record.args = record.args | {"exc": kind.__name__ if kind else "…", "traceback": ""}
        elif isinstance(record.args, tuple) and any(
            isinstance(each, BaseException) for each in record.args
        ):
            record = copy.copy(record)
            record.args = tuple(
                type(each).__name__ if isinstance(each, BaseException) else each
                for each in record.args or ()
            )
        return ADDRESS.sub("…@…", super().format(record))


def formatter() -> WithoutAddresses:
    """Return the formatter that settings.LOGGING asks for, and gunicorn.conf.py."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(allow={"route", "status", "ms", "user", "method"}),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(kind_and_place),
    ]
    return WithoutAddresses(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
    )


def kind_and_place(exc_info: Any) -> str:
    """Return an exception's traceback without its words, which quote what somebody typed.

    >>> try:
    ...     int("clara")
    ... except ValueError as problem:
    ...     text = kind_and_place((ValueError, problem, problem.__traceback__))
    >>> text.splitlines()[-1]
    'ValueError'
    """
    parts = [
        "".join(traceback.format_tb(problem.__traceback__)) + _kind(problem)
        for problem in _chain(exc_info[1])
    ]
    return "\n\nled to\n\n".join(parts)


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception after those that led to it."""
    if problem is None:
        return
    before = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
    yield from _chain(before)
    yield problem


def _kind(problem: BaseException) -> str:
    """Return the kind, and of the database's refusals which rule it was."""
    said = getattr(problem, "diag", None)
    rule = getattr(said, "constraint_name", None)
    code = getattr(problem, "pgcode", None)
    return " ".join(str(each) for each in (type(problem).__name__, code, rule) if each)


def _without_path(value: Any) -> Any:
    return "…" if isinstance(value, str) and value.startswith("/") else value
