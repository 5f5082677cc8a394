"""What a demo needs before its first page: catalogues, tables, static files, people.

Run as `python -m deploy.prepare` by deploy/run.py: one process for all, as starting Django costs
more than most of these steps. Its last line of output says what went wrong.
"""

import hashlib
import os
import sys
import traceback
from pathlib import Path

STEPS = (
    ("compile_translations",),
    ("migrate", "--no-input"),
    ("collectstatic", "--no-input"),
    ("seed", "--once"),
)


def main() -> int:
    """Take every step; return 1 at the first one that fails, with its reason as the last line."""
    name = "settings"
    try:
        import django

        django.setup()
        for name, *words in STEPS:
            _take(name, *words)
    except (Exception, SystemExit) as error:
        traceback.print_exc(file=sys.stdout)
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        print(f"{name}: {reason}")
        return 1
    return 0


def _take(name: str, *words: str) -> None:
    from django.conf import settings
    from django.core.management import call_command

    if name != "collectstatic":
        call_command(name, *words)
        return
    # Hashing and compressing every file takes seconds, so only after one has changed.
    stamp = settings.VAR / "static.stamp"
    wanted = _fingerprint()
    if not (stamp.exists() and stamp.read_text() == wanted and settings.STATIC_ROOT.is_dir()):
        call_command(name, *words, verbosity=0)
        stamp.write_text(wanted)


def _fingerprint() -> str:
    """Return a word that changes with any static file, or with where the copies go."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders

    seen = hashlib.sha256(str(settings.STATIC_ROOT).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            seen.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return seen.hexdigest()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reseller_portal.settings")
    sys.exit(main())
