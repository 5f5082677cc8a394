"""Why a change to a subscription is refused."""


class Refused(Exception):
    """The base of every refusal here: nothing was changed."""


class AlreadySubscribed(Refused):
    """The customer has a living subscription of this product."""

    def __init__(self, subscription):
        self.subscription = subscription


class FormAlreadyUsed(Refused):
    """The same form created something else before."""

    def __init__(self, subscription):
        self.subscription = subscription


class NoPrice(Refused):
    """There is no price for this product, term and currency on this day."""
