"""Queueing work for the worker: after the commit, and never in anybody's way.

The row in the database is the message. What is published here only makes it happen sooner; a
scheduler finds the rows whose message was lost.
"""

import logging
from functools import lru_cache
from time import monotonic

from celery import Task
from django.db import transaction
from kombu import Connection
from kombu.exceptions import KombuError
from kombu.pools import producers
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from reseller_portal.celery import app

logger = logging.getLogger(__name__)

# Seconds to reach the broker and for each of its answers. Celery's defaults wait for 40 s when a
# broker accepts the connection and says nothing.
PATIENCE = 0.15
# Seconds after which a worker throws a message away: the scheduler has told it again by then, and
# messages must not pile up while no worker listens. More than the clocks of hosts differ.
STALE = 600
# Seconds for which a broker that failed is left alone, so that whoever queues fifty tasks waits for
# it once. Less than the scheduler's pause, which therefore always tries.
REST = 3
_rest_until = 0.0


def queue_on_commit(task: Task, *ids: int) -> None:
    """Queue `task` once the current transaction is safe in the database.

    Pass ids, never objects: the worker reads the row as it is by then. A broker that is away is
    logged and not raised.
    """
    # A lambda, not functools.partial: Django 5.2 logs a failed robust hook by its __qualname__.
    transaction.on_commit(lambda: queue_now(task, *ids), robust=True)


def queue_now(task: Task, *ids: int) -> bool:
    """Publish at once, trying once; return whether the broker took it."""
    global _rest_until
    if app.conf.task_always_eager:
        task.apply(ids)
        return True
    if monotonic() < _rest_until:
        logger.warning("not queued: %s %s (the broker was away just now)", task.name, ids)
        return False
    try:
        with producers[_publishing()].acquire(block=True, timeout=PATIENCE) as producer:
            task.apply_async(ids, producer=producer, retry=False, expires=STALE)
    except (KombuError, RedisError, OSError) as problem:
        _rest_until = monotonic() + REST
        logger.warning("not queued: %s %s (%s)", task.name, ids, type(problem).__name__)
        return False
    return True


def broker_answers() -> bool:
    """Whether the broker is there; asked once, and not for long."""
    patience = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    try:
        with Redis.from_url(app.conf.broker_url, retry=Retry(NoBackoff(), 0), **patience) as broker:
            return bool(broker.ping())
    except (RedisError, OSError):
        return False


@lru_cache(maxsize=1)
def _publishing() -> Connection:
    """Return a connection for publishing only: the worker's own waits longer, and must."""
    options = {
        **app.conf.broker_transport_options,
        "socket_timeout": PATIENCE,
        "socket_connect_timeout": PATIENCE,
        "retry_on_timeout": False,
        "max_retries": 0,
    }
    return app.connection_for_write().clone(transport_options=options)
