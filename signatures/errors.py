"""Why a change in the signature area is refused."""


class PersonTwice(Exception):
    """Another person of this customer has the address."""


class DesignInUse(Exception):
    """A design that a rule leads to cannot be removed."""


class TooManyRules(Exception):
    """A customer has as many rules as anybody can keep an overview of."""


class GroupTwice(Exception):
    """Another group of this customer has the name."""


class GroupInUse(Exception):
    """A group that a rule names cannot be removed."""


class FieldTwice(Exception):
    """Another own field of this customer has the short name."""


class NotCorrectable(Exception):
    """The customer does not let people correct this field themselves."""


class ImportRunning(Exception):
    """An import cannot be changed while a worker works on it, or once it is applied."""


class ImportChanged(Exception):
    """An import would do something else than was told."""


class StaleDraft(Exception):
    """Somebody changed the draft since it was looked at."""


class NoFurtherStep(Exception):
    """There is nothing to undo, or nothing to do again."""
