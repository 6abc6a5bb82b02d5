"""The person who signs in."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.zones import validate_zone
from tradeportal.fields import uuid_primary_key

validate_currency = RegexValidator(r"^[A-Z][A-Z0-9]{2,9}$", _("Use a currency code such as EUR or USDT."))


def bound_accounts(trader: Any) -> frozenset[UUID] | None:
    """The only accounts that this caller reaches; None for a person, who reaches all of theirs."""
    bound: frozenset[UUID] | None = getattr(trader, "bound_accounts", None)
    return bound


class TraderManager(BaseUserManager["Trader"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Trader":
        trader = self.model(email=self.normalize_email(email).lower(), **fields)
        trader.set_password(password)
        trader.full_clean(exclude=["password"])
        trader.save(using=self._db)
        return trader

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Trader":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "Trader":
        return self.get(email__iexact=username)


class Trader(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail and owns accounts. Staff use the admin as well."""

    class Definition(models.TextChoices):
        MT5 = "mt5", _("MetaTrader 5")
        MYFXBOOK = "myfxbook", _("Myfxbook")
        PORTAL = "portal", _("Portal")

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Palette(models.TextChoices):
        GREEN_RED = "green-red", _("Green and red")
        BLUE_ORANGE = "blue-orange", _("Blue and orange")

    class Language(models.TextChoices):
        BROWSER = "", _("As the browser says")
        ENGLISH = "en", "English"
        GERMAN = "de", "Deutsch"

    class NumberFormat(models.TextChoices):
        EN = "en", "1,234.56"
        DE = "de", "1.234,56"
        FR = "fr", "1 234,56"
        CH = "ch", "1’234.56"

    id = uuid_primary_key()
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_zone])
    display_currency = models.CharField(
        _("display currency"), max_length=10, default="USD", validators=[validate_currency]
    )
    definition = models.CharField(
        _("definition of figures"), max_length=10, choices=Definition.choices, default=Definition.MT5
    )
    theme = models.CharField(_("theme"), max_length=10, choices=Theme.choices, default=Theme.SYSTEM)
    palette = models.CharField(_("palette"), max_length=12, choices=Palette.choices, default=Palette.GREEN_RED)
    number_format = models.CharField(
        _("number format"), max_length=5, choices=NumberFormat.choices, default=NumberFormat.EN
    )
    language = models.CharField(
        _("language"), max_length=5, choices=Language.choices, blank=True, default=Language.BROWSER
    )
    #: UTC is where everybody starts, so the zone itself cannot tell whether it was chosen.
    has_chosen_zone = models.BooleanField(_("has chosen the time zone"), default=False)
    hides_first_steps = models.BooleanField(_("hides the first steps"), default=False)
    mails_warnings = models.BooleanField(_("e-mail at a warning"), default=True)
    mails_criticals = models.BooleanField(_("e-mail at a critical alert"), default=True)
    #: Another one ends every session that began before.
    session_salt = models.CharField(max_length=16, blank=True, default="", db_default="", editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    date_joined = models.DateTimeField(_("joined at"), default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[TraderManager] = TraderManager()

    class Meta:
        verbose_name = _("trader")
        verbose_name_plural = _("traders")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Ann@x.com and ann@x.com are one mailbox to nearly every server, and two accounts to an impostor.
            models.UniqueConstraint(Lower("email"), name="trader_email_unique_in_any_case"),
        ]

    def __str__(self) -> str:
        return self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must know to be this person's: the password's hash, and the salt since all were ended."""
        known: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        if not self.session_salt:
            return known
        return salted_hmac(
            "accounts.sessions", known + self.session_salt, secret=secret, algorithm="sha256"
        ).hexdigest()

    def wants_mail_at(self, level: str) -> bool:
        """Whether an alert of this level is told by e-mail."""
        return self.mails_criticals if level == "critical" else self.mails_warnings

    def get_short_name(self) -> str:
        return self.name or self.email.split("@", 1)[0]
