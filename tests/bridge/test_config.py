"""What a bridge is told: sensible, complete, and sent nowhere unsafe."""

from pathlib import Path

import pytest

from bridge.config import ConfigError, load
from tests.bridge.portal import ACCOUNT, KEY

GOOD = f"""
[portal]
url = "https://portal.example.com"
account = "{ACCOUNT}"
api_key = "{KEY}"
"""


def told(tmp_path: Path, text: str = GOOD) -> Path:
    path = tmp_path / "bridge.toml"
    path.write_text(text)
    return path


def test_three_settings_are_enough(tmp_path: Path) -> None:
    config = load(told(tmp_path), {})
    assert (config.kind, config.interval_s, config.close, config.zone.key) == ("metatrader5", 5, True, "Europe/Athens")


def test_variables_win_over_the_file(tmp_path: Path) -> None:
    config = load(told(tmp_path), {"BRIDGE_API_KEY": "tpk_other.secret", "BRIDGE_URL": "http://127.0.0.1:8000"})
    assert (config.api_key, config.url) == ("tpk_other.secret", "http://127.0.0.1:8000")


def test_the_key_does_not_show_in_the_configuration(tmp_path: Path) -> None:
    assert "secret" not in repr(load(told(tmp_path), {}))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("https://portal.example.com", "http://portal.example.com", "must be an https address"),
        (ACCOUNT, "5000001", "must be the id of an account"),
        (KEY, "password", "must be a key of the page API keys"),
        ("api_key", "key", "portal.key: no such setting"),
        ("[portal]", "[bridge]\ninterval_s = 0\n[portal]", "bridge.interval_s must be a number from 0.2 to 3600"),
        ("[portal]", "[bridge]\nclose = 1\n[portal]", "bridge.close must be true or false"),
        ("[portal]", '[terminal]\nserver_time_zone = "Athens"\n[portal]', "there is no time zone 'Athens'"),
        ("[portal]", '[terminal]\nkind = "ninja"\n[portal]', "terminal.kind must be one of"),
        ("[portal]", "[portal", "is no TOML"),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load(told(tmp_path, GOOD.replace(old, new)), {})


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path / "none.toml", {})
