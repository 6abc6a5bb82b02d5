"""What an API key may do."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.api.authentication import KeyBearer
from accounts.models import Scope


class KeyScope(BasePermission):
    """Lets people through. A key may read with `read`; anything else only where the view names the scope for it.

    A view says so by `key_scopes`, a scope for each method: {"POST": Scope.SYNC}.
    """

    message = ""

    def has_permission(self, request: Request, view: Any) -> bool:
        caller: Any = request.user
        if not isinstance(caller, KeyBearer):
            return True
        reading = dict.fromkeys(SAFE_METHODS, Scope.READ)
        needed = (reading | getattr(view, "key_scopes", {})).get(request.method or "")
        if needed is None:
            self.message = "This can't be done with an API key. Sign in as a person."
            return False
        self.message = f"This API key has no scope “{needed.value}”. Make one that has it on the page API keys."
        return needed in caller.scopes
