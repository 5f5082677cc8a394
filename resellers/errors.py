"""Why a change of a reseller's members is refused."""


class LastOwner(Exception):
    """A reseller always has an owner."""


class NotOwner(Exception):
    """Whoever asked is no owner, or not any more."""
