"""When to try a mail again. Pure, but for the dice that spread many mails over time."""

import random
from datetime import timedelta

STEPS = tuple(timedelta(seconds=s) for s in (10, 20, 60, 300, 900, 3_600, 3 * 3_600, 6 * 3_600))


def wait_before(next_try: int) -> timedelta:
    """Return how long to wait before try number `next_try` (2 or more): 10 s at first, up to 6 h.

    Up to a fifth longer by chance, so that mails that failed together do not return together.
    """
    step = STEPS[min(next_try - 2, len(STEPS) - 1)]
    return step * random.uniform(1, 1.2)  # noqa: S311 no secret
