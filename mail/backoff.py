"""When to try a mail again. Pure, but for the dice that spread many mails over time."""

import random
from datetime import timedelta

STEPS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 180, 360))


def wait_before(next_try: int, haste: float = 1) -> timedelta:
    """Return how long to wait before try number `next_try` (2 or more): 1 min at first, up to 6 h.

    Up to a fifth longer by chance, so that mails that failed together do not return together.
    """
    step = STEPS[min(next_try - 2, len(STEPS) - 1)]
    return step * random.uniform(1, 1.2) / haste  # noqa: S311 no secret
