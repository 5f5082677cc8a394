"""Why a change to a subscription is refused."""


class Refused(Exception):
    """The base of every refusal here: nothing was changed."""


class AlreadySubscribed(Refused):
    """The customer has a living subscription of this product."""

    def __init__(self, subscription=None):
        self.subscription = subscription


class FormAlreadyUsed(Refused):
    """The same form created something else before."""

    def __init__(self, subscription):
        self.subscription = subscription


class NoPrice(Refused):
    """There is no price for this product, term and currency on this day."""


class NotNow(Refused):
    """The subscription's state does not allow this."""


class Unchanged(Refused):
    """It is so already."""


class EndsAnyway(Refused):
    """It ends before the change would take effect."""


class AlreadyExtended(Refused):
    """The trial was extended once, and that is how often it can be."""


class ArchiveOver(Refused):
    """It ended too long ago to be brought back."""


class StaffOnly(Refused):
    """Only staff may do this."""


class PaymentMissing(Refused):
    """It is on hold until an invoice is paid."""


class SeatsOutOfRange(Refused):
    """A subscription has 1 to 100,000 users."""


class ShownOtherwise(Refused):
    """Something changed since somebody looked: it would not be what they were shown."""


class ImportClosed(Refused):
    """The import is done, cancelled or expired, or not checked yet."""


class ImportWrong(Refused):
    """A row of the import is wrong, so nothing of it is applied."""


class MovesAway(Refused):
    """Its customer goes to another reseller today; nothing else happens before."""


class MoveRefused(Refused):
    """The base of why a customer cannot go to another reseller."""


class NotTomorrowYet(MoveRefused):
    """The day is not after today, so the run may have been."""


class SameReseller(MoveRefused):
    """It is this reseller's already."""


class AlreadyMoving(MoveRefused):
    """A move of this customer is planned already."""


class NothingToMove(MoveRefused):
    """No subscription of the customer would go on at the other reseller."""


class NameTaken(MoveRefused):
    """The other reseller has a customer of this name."""


class NoPriceThere(MoveRefused):
    """The other reseller has no price for one of the subscriptions."""


class NotPaidUp(MoveRefused):
    """A period before the day has no price, so it could not be charged."""


class MoveOver(MoveRefused):
    """The move is done or taken back."""
