"""Refusals about people and accounts: each a code for programs and a sentence that says what to do."""


class AccountsError(Exception):
    """A refusal that a person can act on. `code` is stable; `message` is shown as it stands."""

    code = "accounts_error"
    message = "This could not be done. Try again, or contact support with the request id."
    status = 400

    def __init__(self, message: str | None = None, *, code: str | None = None) -> None:
        self.message = message or self.message
        self.code = code or self.code
        super().__init__(self.message)


class SignInRefused(AccountsError):
    """The e-mail, the password or the second factor is wrong, or the account is closed: which one is not said."""

    code = "invalid_credentials"
    message = "The e-mail or the password is not right."
    status = 401


class TooManyCodes(AccountsError):
    """Too many wrong codes of a second factor."""

    code = "throttled"
    message = "Too many codes in a short time. Wait five minutes, then try again."
    status = 429
    retry_after_s = 300


class SignInEnded(AccountsError):
    """The sign-in that a token belongs to is over."""

    code = "token_invalid"
    message = "This sign-in has ended. Sign in again."
    status = 401


class StepUpRequired(AccountsError):
    """This act needs a sign-in of the last minutes."""

    code = "step_up_required"
    message = "Sign in again first: this may be done only shortly after a sign-in."
    status = 403
