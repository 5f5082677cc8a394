"""`make faults`: invitations under every fault we know, with real processes; one line for each.

    python -m deploy.faults [words of the faults to try]

Each fault: forms are posted, something breaks, it is mended. Afterwards every invitation must have
reached the mail server exactly once, or be shown as uncertain or refused. Sent `twice` is the same
mail once more because the reply to it was lost. Ends with 1 if one is lost or `doubled` otherwise;
but a worker that dies between a reply and noting it is forgiven. `form` is how much longer than
usual the slowest form took.
"""

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from deploy.processes import StartError
from deploy.stage import Stage

HEAD = (
    f"{'fault':48}{'invited':>8}{'sent':>6}{'twice':>7}{'doubled':>9}{'lost':>6}{'uncertain':>11}"
    f"{'refused':>9}{'form':>10}{'took':>8}"
)


def main() -> int:
    """Try the faults whose names have one of the words given; return 0 if none does harm."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Not tempfile.gettempdir(): the account that root's servers run under may be shut out of it.
    folder = Path(tempfile.mkdtemp(prefix="portal-faults-", dir="/tmp"))  # noqa: S108
    folder.chmod(0o755)
    stage = Stage(folder)
    harmless = False
    try:
        os.environ.update(stage.start_servers(), DJANGO_SETTINGS_MODULE="reseller_portal.settings")
        import django

        django.setup()
        from deploy.fault_table import FAULTS, Trial

        trial = Trial(stage)
        print(HEAD, flush=True)
        words = [word.lower() for word in sys.argv[1:]]
        asked = [
            fault
            for fault in FAULTS
            if not words or any(word in fault.name.lower() for word in words)
        ]
        harms = []
        for fault in asked:
            outcome = trial.play(fault)
            print(outcome, flush=True)
            harms += [fault.name] if outcome.harm else []
        harmless = not harms
        print("Nothing is lost." if harmless else f"Harm done by: {', '.join(harms)}")
    except StartError as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    finally:
        stage.stop()
        if harmless:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"The logs are in {folder}.", file=sys.stderr)
    return 0 if harmless else 1


if __name__ == "__main__":
    sys.exit(main())
