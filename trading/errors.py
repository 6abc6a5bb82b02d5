"""Errors of the domain: each a code for programs and a sentence that tells a trader what happened and what to do."""


class TradingError(Exception):
    """A refusal that a trader can act on. `code` is stable; `message` is shown as it stands."""

    code = "trading_error"
    message = "This could not be done. Try again, or contact support with the request id."
    status = 400

    def __init__(self, message: str | None = None, *, code: str | None = None) -> None:
        self.message = message or self.message
        self.code = code or self.code
        super().__init__(self.message)


class StatementRefused(TradingError):
    """The file is not a statement that can be imported: empty, damaged, too large, encrypted, another platform ..."""

    code = "statement_refused"
    message = "This file is not a broker statement that TradePortal can read."


class StateConflict(TradingError):
    """The act does not fit the state that the thing is in (committing twice, undoing what is not committed)."""

    code = "state_conflict"
    message = "This has changed in the meantime. Reload the page and try again."
    status = 409


class AccountNotFound(TradingError):
    """The account is not there, or belongs to somebody else: the answer is the same, so that nothing leaks."""

    code = "account_not_found"
    message = "This account does not exist. Choose one of your own accounts."
    status = 404


class PictureRefused(TradingError):
    """The file is no picture that can be kept: another format, damaged, too large, too many of them ..."""

    code = "picture_unreadable"
    message = "This is not a picture that can be shown here. Use a PNG, JPEG, WebP or GIF."
