"""The admin of traders, their accounts and their sign-ins.

Nobody is deleted here: a trader is made inactive, an account is archived, and what they own stays provable.
"""

from functools import partial
from typing import Any, ClassVar

from allauth.account.admin import EmailAddressAdmin as BaseEmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import ApiKey, BrokerAccount, SecurityAct, SecurityEvent, SignIn, Trader, WebSession
from accounts.services import accounts as services
from accounts.services.api_keys import revoke_api_key
from accounts.services.security_log import record
from accounts.services.sessions import device_name, end_session, password_changed
from accounts.services.sign_in import end_sign_in
from accounts.step_up import is_fresh, stepped_up


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Looks, and touches nothing."""

    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


_when_posted = method_decorator(stepped_up(when=lambda request: request.method == "POST"))


class SteppedUpAdmin(ModelAdmin):  # type: ignore[misc]
    """What is changed here may hand an account over: it asks for a sign-in of the last minutes."""

    @_when_posted
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().changeform_view(request, *args, **kwargs)

    @_when_posted
    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().changelist_view(request, *args, **kwargs)

    @_when_posted
    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().delete_view(request, *args, **kwargs)


_RIGHTS = {"is_active", "is_staff", "is_superuser", "groups", "user_permissions"}


@admin.register(Trader)
class TraderAdmin(SteppedUpAdmin, UserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "is_active", "is_staff", "time_zone", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", ("date_joined", RangeDateTimeFilter))
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ("groups", "user_permissions")
    fieldsets = (
        (None, {"fields": ("email", "password", "name")}),
        (
            "Preferences",
            {"fields": ("time_zone", "display_currency", "definition", "number_format", "theme", "palette")},
        ),
        ("Alerts by e-mail", {"fields": ("mails_warnings", "mails_criticals")}),
        ("What they may do", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("When", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "name", "password1", "password2")}),)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Trader, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        rights = sorted(_RIGHTS & set(form.changed_data))
        if change and "email" in form.changed_data:
            record(obj, SecurityAct.EMAIL_CHANGED)
        if rights:
            record(obj, SecurityAct.RIGHTS_CHANGED, fields=rights)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return _asked_before_passwords(request, partial(super().add_view, **kwargs), *args)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        before = self.get_object(request, unquote(id))
        answer = _asked_before_passwords(request, super().user_change_password, id, form_url)
        if before is not None:
            trader = Trader.objects.get(pk=before.pk)
            if trader.password != before.password:
                password_changed(request, trader, timezone.now())
        return answer


def _asked_before_passwords(request: HttpRequest, view: Any, *args: Any) -> Any:
    """Asks before the form is filled in: what is sent too late is not kept for afterwards, as it holds a password."""
    if request.method == "POST" and not is_fresh(request):
        return redirect(request.get_full_path())
    return stepped_up()(view)(request, *args)


@admin.register(BrokerAccount)
class BrokerAccountAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("label", "trader", "platform", "broker", "server", "number", "currency", "is_demo", "archived_at")
    list_select_related = ("trader",)
    list_filter = ("platform", "phase", "is_demo", "currency", ("trader", AutocompleteSelectFilter))
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("label", "number", "broker", "server", "trader__email")
    autocomplete_fields = ("trader",)
    fields = ("trader", *services.EDITABLE, "archived_at", "revision", "created_at")
    readonly_fields = ("archived_at", "revision", "created_at")
    actions = ("archive", "restore")

    def get_readonly_fields(self, request: HttpRequest, obj: BrokerAccount | None = None) -> Any:
        """An account keeps its owner: what it holds belongs to that person."""
        return (*self.readonly_fields, "trader") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: BrokerAccount, form: Any, change: bool) -> None:
        """Through the service, which raises the revision."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        edited = services.edit_account(obj, **{name: getattr(obj, name) for name in services.EDITABLE})
        obj.revision = edited.revision

    @admin.action(description="Archive", permissions=["change"])
    def archive(self, request: HttpRequest, accounts: QuerySet[BrokerAccount]) -> None:
        for account in accounts:
            services.archive_account(account)
        self.message_user(request, "Archived. Nothing of these accounts is lost.", messages.SUCCESS)

    @admin.action(description="Restore", permissions=["change"])
    def restore(self, request: HttpRequest, accounts: QuerySet[BrokerAccount]) -> None:
        for account in accounts:
            services.restore_account(account)
        self.message_user(request, "Restored.", messages.SUCCESS)


@admin.register(SignIn)
class SignInAdmin(ReadOnlyAdmin):
    list_display = ("trader", "address", "client", "started_at", "refreshed_at", "expires_at", "ended_at", "end_reason")
    list_select_related = ("trader",)
    list_filter = ("end_reason", ("trader", AutocompleteSelectFilter), ("started_at", RangeDateTimeFilter))
    search_fields = ("trader__email", "address")
    exclude = ("token_id", "password_stamp")
    actions = ("end",)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_signin")

    @admin.action(description="End these sign-ins", permissions=["end"])
    def end(self, request: HttpRequest, sign_ins: QuerySet[SignIn]) -> None:
        for sign_in in sign_ins:
            end_sign_in(sign_in.pk, timezone.now())
        self.message_user(request, "Ended. Their tokens are refused from now on.", messages.SUCCESS)


@admin.register(WebSession)
class WebSessionAdmin(ReadOnlyAdmin):
    list_display = ("trader", "address", "client", "started_at")
    list_select_related = ("trader",)
    list_filter = (("trader", AutocompleteSelectFilter), ("started_at", RangeDateTimeFilter))
    search_fields = ("trader__email", "address")
    exclude = ("session_key",)
    actions = ("end",)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_websession")

    @admin.action(description="Sign these browsers out", permissions=["end"])
    def end(self, request: HttpRequest, sessions: QuerySet[WebSession]) -> None:
        for session in sessions.select_related("trader"):
            end_session(session)
            record(session.trader, SecurityAct.SESSION_ENDED, device=device_name(session.client))
        self.message_user(request, "Signed out, whatever they ask for next.", messages.SUCCESS)


@admin.register(SecurityEvent)
class SecurityEventAdmin(ReadOnlyAdmin):
    """Who did what from where. The database keeps it unchanged."""

    list_display = ("at", "act", "trader", "actor", "address", "client")
    list_select_related = ("trader",)
    list_filter = ("act", ("trader", AutocompleteSelectFilter), ("at", RangeDateTimeFilter))
    search_fields = ("trader__email", "actor", "address", "act")


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ("name", "trader", "prefix", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at")
    list_select_related = ("trader",)
    list_filter = (("trader", AutocompleteSelectFilter), ("last_used_at", RangeDateTimeFilter))
    search_fields = ("name", "prefix", "trader__email")
    exclude = ("secret_sha256",)
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_apikey")

    @admin.action(description="Revoke these keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        for key in keys.select_related("trader"):
            revoke_api_key(key, timezone.now())
        self.message_user(request, "Revoked. Programs that use them are refused from now on.", messages.SUCCESS)


class EventAdmin(ReadOnlyAdmin):
    """Rows as they were before a change."""

    list_display = ("pgh_created_at", "pgh_label", "pgh_obj_id", "who")
    list_filter = ("pgh_label", ("pgh_created_at", RangeDateTimeFilter))
    list_select_related = ("pgh_context",)
    ordering = ("-pgh_created_at", "-pgh_id")

    @admin.display(description="Context")
    def who(self, event: Any) -> str:
        return str(event.pgh_context.metadata) if event.pgh_context else "—"


admin.site.register(apps.get_model("accounts", "BrokerAccountEvent"), EventAdmin, search_fields=("number", "label"))

# Packages bring an admin of their own; it gets the frame of ours, and nobody's second factor can be read or made here.
admin.site.unregister(Group)
admin.site.unregister(EmailAddress)
if admin.site.is_registered(Authenticator):
    admin.site.unregister(Authenticator)


@admin.register(Group)
class GroupAdmin(SteppedUpAdmin, BaseGroupAdmin, ModelAdmin):  # type: ignore[misc]
    list_filter: ClassVar[Any] = ()

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        record(None, SecurityAct.RIGHTS_CHANGED, group=obj.name)

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        record(None, SecurityAct.RIGHTS_CHANGED, group=obj.name)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        for group in queryset:
            self.delete_model(request, group)


@admin.register(EmailAddress)
class EmailAddressAdmin(SteppedUpAdmin, BaseEmailAddressAdmin, ModelAdmin):  # type: ignore[misc]
    list_select_related = ("user",)
    autocomplete_fields = ("user",)
    raw_id_fields = ()
    search_fields = ("email", "user__email")

    def get_readonly_fields(self, request: HttpRequest, obj: EmailAddress | None = None) -> Any:
        """An address keeps its owner, in whose security log it stands."""
        return ("user",) if obj else ()

    def save_model(self, request: HttpRequest, obj: EmailAddress, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        record(obj.user, SecurityAct.EMAIL_CHANGED if change else SecurityAct.EMAIL_ADDED)

    def delete_model(self, request: HttpRequest, obj: EmailAddress) -> None:
        super().delete_model(request, obj)
        record(obj.user, SecurityAct.EMAIL_REMOVED)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[EmailAddress]) -> None:
        for address in queryset.select_related("user"):
            self.delete_model(request, address)

    def make_verified(self, request: HttpRequest, queryset: QuerySet[EmailAddress]) -> None:
        unverified = list(queryset.filter(verified=False).select_related("user"))
        super().make_verified(request, queryset)
        for address in unverified:
            record(address.user, SecurityAct.EMAIL_CHANGED)

    make_verified.short_description = BaseEmailAddressAdmin.make_verified.short_description  # type: ignore[attr-defined]


@admin.register(Authenticator)
class AuthenticatorAdmin(SteppedUpAdmin, ReadOnlyAdmin):
    """Who has a second factor. Staff may take one away from a trader who has lost it, after checking who asks."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    list_filter = ("type",)
    search_fields = ("user__email",)
    exclude = ("data",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("mfa.delete_authenticator")

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        super().delete_model(request, obj)
        record(obj.user, SecurityAct.FACTOR_REMOVED, type=str(obj.type))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Authenticator]) -> None:
        for factor in queryset.select_related("user"):
            self.delete_model(request, factor)
