"""Why a change in the signature area is refused."""


class PersonTwice(Exception):
    """Another person of this customer has the address."""


class DesignInUse(Exception):
    """The design people's signatures come from cannot be removed."""
