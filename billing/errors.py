"""Why something about invoices is refused."""


class Refused(Exception):
    """The base of every refusal here: nothing was changed."""


class Blocked(Refused):
    """No invoice can be issued; `reason` is a key of `drafts.reason_words`."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class NotChargedYet(Refused):
    """The daily run of today has not been done, so charges may be missing."""


class NothingToCredit(Refused):
    """Every line that was asked for is credited already, or none was named."""


class NotCreditable(Refused):
    """A credit note itself is not credited."""


class CreditedMeanwhile(Refused):
    """Somebody else has credited the invoice since the page was opened."""


class AlreadyNoted(Refused):
    """The payment with this bank reference, or from this form, is noted already."""


class NotPayable(Refused):
    """A credit note asks for no money."""


class OtherMoney(Refused):
    """The currency, or the reseller, is another one."""


class TooMuch(Refused):
    """More than is there: of a receipt, of a credit, or of what is open."""


class NotReversible(Refused):
    """It is taken back already, or takes something back itself."""


class NobodyToMail(Refused):
    """The reseller has neither an address for invoices nor an owner; or no document is made yet."""


class StillKept(Refused):
    """The law asks to keep this paper longer."""


class BadFile(Refused):
    """A bank file that cannot be read; `problems` are sentences that name their rows."""

    def __init__(self, problems: list[str]):
        super().__init__("; ".join(problems))
        self.problems = problems
