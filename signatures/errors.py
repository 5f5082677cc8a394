"""Why a change in the signature area is refused."""


class PersonTwice(Exception):
    """Another person of this customer has the address."""


class DesignInUse(Exception):
    """A design that a rule leads to cannot be removed."""


class TooManyRules(Exception):
    """A customer has as many rules as anybody can keep an overview of."""
