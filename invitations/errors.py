"""Why an invitation is refused."""

from datetime import datetime

from invitations.limits import Limit


class InvitationClosed(Exception):
    """Its link no longer works: used, replaced, revoked or too old."""


class AlreadyInvited(Exception):
    """This address has an open invitation of this customer, or is its contact already."""


class AccessWithdrawn(AlreadyInvited):
    """This address is a contact whose access was withdrawn: it can be given back."""

    def __init__(self, contact):
        super().__init__()
        self.contact = contact


class WrongAccount(Exception):
    """Somebody is signed in whose address is not the invited one."""


class NothingToCorrect(Exception):
    """Name and address are what they were."""


class EditingNotAllowed(Exception):
    """The customer may not edit its signatures now, so nobody there is invited."""


class SentTooOften(Exception):
    """A limit is reached; `again_at` is when the next link may be sent."""

    def __init__(self, limit: Limit, again_at: datetime):
        super().__init__(limit.scope)
        self.limit = limit
        self.again_at = again_at


class RoleTooHigh(Exception):
    """Nobody gives a role above their own."""


class UnknownInvitation(Exception):
    """One of several invitations is not this reseller's: nothing was changed."""
