"""What stands in .env reaches every service that runs the portal."""

from typing import Any, cast

import pytest
import yaml

from tradeportal.local import ROOT


class _Loader(yaml.SafeLoader):
    """Reads compose's own tag for a value that replaces another as that value."""


_Loader.add_constructor("!reset", lambda loader, node: loader.construct_sequence(cast("yaml.SequenceNode", node)))

#: Said by the image and by compose.yaml itself, whatever .env says.
SET_BY_COMPOSE = {"DATABASE_URL", "REDIS_URL", "EMBEDDED_SERVERS", "VAR_DIR"}
PRODUCTION = {"HTTPS", "BEHIND_PROXY", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS"}


def services(path: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load((ROOT / path).read_text(encoding="utf-8"), _Loader)["services"]
    return found


@pytest.mark.parametrize("name", ["web", "worker", "migrate"])
def test_each_service_reads_what_stands_in_env(name: str) -> None:
    service = services("compose.yaml")[name]
    assert service["env_file"] == [{"path": ".env", "required": False}]
    fixed = {key for key, value in service["environment"].items() if f"${{{key}" not in value}
    assert fixed == SET_BY_COMPOSE


def test_production_says_no_more_than_that_it_is_behind_https() -> None:
    laid_over = services("deploy/compose.production.yaml")
    for name in ("web", "worker"):
        assert laid_over[name]["environment"].keys() == PRODUCTION
        assert "env_file" not in laid_over[name]
