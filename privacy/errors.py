"""Why somebody cannot be erased now."""


class NotErased(Exception):
    """Nothing was erased, for a reason that the one who asked can do something about."""


class NothingKept(NotErased):
    """There is nothing about this person."""


class IsStaff(NotErased):
    """They run the portal: their rights are taken away first."""


class IsLastOwner(NotErased):
    """A reseller would have no owner; `resellers` are their names."""

    def __init__(self, resellers: list[str]) -> None:
        super().__init__(resellers)
        self.resellers = resellers
