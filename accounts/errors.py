"""Why something about an account cannot be done."""


class LinkEnded(Exception):
    """The link was used, replaced, made up or is too old; which of these is nobody's business."""
