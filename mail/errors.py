"""How sending a mail can end without the mail server taking it."""


class NotTaken(Exception):
    """The server did not take the mail; `words` are its own, as far as there are any."""

    def __init__(self, words: str):
        super().__init__(words)
        self.words = words[:500]


class RecipientRefused(NotTaken):
    """It never will: the address is refused for good."""


class TryLater(NotTaken):
    """It may do so later: out of reach, busy, greylisting, or unwilling to hear from us at all."""


class Unserved(TryLater):
    """It does not serve us at all, whoever the mail is for: somebody must look after that."""


class Uncertain(NotTaken):
    """The connection broke off after the text was sent: it may have been taken, or not."""


class ClaimLost(Exception):
    """Somebody else has claimed the mail meanwhile, so it is theirs to send."""
