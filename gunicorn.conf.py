"""How gunicorn logs: as the portal does, and no line per request, which the portal writes itself.

Read by itself where gunicorn is started in this folder, before the portal can be imported: so the
form of settings.LOGGING is said again.
"""

accesslog = None
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "reseller_portal.logs.formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    # Gunicorn has handlers of its own here, unless told otherwise.
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "gunicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}
