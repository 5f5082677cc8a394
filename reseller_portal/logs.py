"""One JSON line per event, without anything that names a person."""

import copy
import logging
from typing import Any

import structlog


class WithoutAddresses(structlog.stdlib.ProcessorFormatter):
    """Names the page instead of its address, which Django's own lines quote: it may be a secret."""

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
        return super().format(record)


def formatter() -> WithoutAddresses:
    """Return the formatter that settings.LOGGING asks for."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(allow={"route", "status", "ms", "user", "method"}),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    return WithoutAddresses(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
    )
