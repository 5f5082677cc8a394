"""The CPU time that this connection's PostgreSQL backend has used, where both run on one Linux."""

from pathlib import Path

from django.db import connection

TICK = 0.01  # seconds of one tick in /proc/PID/stat


def backend_ticks() -> int:
    """Return the ticks so far; a new connection is a new backend and begins again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
