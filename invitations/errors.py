"""Why an invitation is refused."""


class InvitationClosed(Exception):
    """Its link no longer works: used, replaced, revoked or too old."""


class AlreadyInvited(Exception):
    """This address has an open invitation of this customer, or is its contact already."""


class WrongAccount(Exception):
    """Somebody is signed in whose address is not the invited one."""
