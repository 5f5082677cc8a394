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
        changed = copy.copy(record)
        changed.args = _without_values(record)
        return ADDRESS.sub("…@…", super().format(changed))


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


def _without_values(record: logging.LogRecord) -> Any:
    """Return what a line's words are filled with: of pages, failures and tasks only the kind."""
    args: Any = record.args
    if isinstance(args, dict):
        if not args.get("exc"):
            return args
        kind = record.exc_info[0] if record.exc_info else None  # of a task that failed
        return args | {"exc": kind.__name__ if kind else "…", "traceback": ""}
    if not isinstance(args, tuple):
        return args
    request = getattr(record, "request", None)
    path = getattr(request, "path", "")
    match = getattr(request, "resolver_match", None)
    page = match.view_name if match else "unknown"
    # Django escapes what it quotes; gunicorn quotes addresses of pages without a request.
    quoted = {path, path.encode("unicode_escape").decode("ascii")} if path else set()
    of_gunicorn = record.name.startswith("gunicorn")

    def told(value: Any) -> Any:
        if isinstance(value, BaseException):
            return type(value).__name__
        if isinstance(value, str) and of_gunicorn and value.startswith("/"):
            return "…"
        return page if isinstance(value, str) and value in quoted else value

    return tuple(told(value) for value in args)
