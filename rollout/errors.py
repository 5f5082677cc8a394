"""Why something about rolling out is refused."""


class NothingBefore(Exception):
    """There is no earlier version to go back to."""


class Moved(Exception):
    """Something newer was published meanwhile."""


class NobodyChosen(Exception):
    """There is nobody to mail a page to."""
