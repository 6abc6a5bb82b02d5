"""What pages load: vendored files as recorded, one set of colours, no raw colour outside the tokens."""

import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any

from django.conf import settings

STATIC = Path(settings.BASE_DIR) / "static"
_SEMANTIC = {
    "surface": "surface",
    "text": "text",
    "text2": "text-2",
    "text3": "text-3",
    "grid": "chart-grid",
    "border": "border",
    "equity": "accent",
    "balance": "chart-balance",
    "profit": "profit",
    "loss": "loss",
    "onAccent": "on-accent",
}
_SCALE = ("loss-4", "loss-3", "loss-2", "loss-1", "zero", "profit-1", "profit-2", "profit-3", "profit-4")


def test_vendored_files_are_those_that_were_recorded() -> None:
    assets = tomllib.loads((STATIC / "vendor/vendor.toml").read_text())["asset"]
    found = {
        asset["file"]: hashlib.sha256((STATIC / "vendor" / asset["file"]).read_bytes()).hexdigest() for asset in assets
    }
    assert found == {asset["file"]: asset["sha256"] for asset in assets}
    assert all(asset["licence"] and asset["package"] and asset["version"] in asset["file"] for asset in assets)


def test_nothing_lies_beside_the_recorded_files() -> None:
    assets = tomllib.loads((STATIC / "vendor/vendor.toml").read_text())["asset"]
    assert {path.name for path in (STATIC / "vendor").iterdir()} == {asset["file"] for asset in assets} | {
        "vendor.toml"
    }


def test_charts_have_the_colours_of_the_tokens() -> None:
    tokens, _ = _tokens()
    theme = json.loads((STATIC / "chart-theme.json").read_text())
    for side, mode in enumerate(("light", "dark")):
        semantic = theme[mode]["semantic"]
        assert {name: semantic[name] for name in _SEMANTIC} == {
            name: tokens[token][side] for name, token in _SEMANTIC.items()
        }
        assert semantic["diverging"] == [tokens[f"scale-{step}"][side] for step in _SCALE]
        assert semantic["drawdownFill"].startswith(semantic["loss"])
        assert semantic["equityFill"].startswith(semantic["equity"])


def test_the_colour_blind_palette_is_the_same_in_charts() -> None:
    tokens, palette = _tokens()
    theme = json.loads((STATIC / "chart-theme.json").read_text())["palettes"]["blue-orange"]
    both = {**tokens, **palette}
    for side, mode in enumerate(("light", "dark")):
        assert theme[mode]["profit"] == palette["profit"][side]
        assert theme[mode]["loss"] == palette["loss"][side]
        assert theme[mode]["diverging"] == [both[f"scale-{step}"][side] for step in _SCALE]


def test_no_raw_colour_stands_outside_the_tokens() -> None:
    found: dict[str, list[str]] = {}
    for sheet in (STATIC / "css").glob("*.css"):
        colours = re.findall(r"#[0-9A-Fa-f]{3,8}\b", sheet.read_text())
        if colours and sheet.name != "tokens.css":
            found[sheet.name] = colours
    assert found == {}


def test_every_icon_that_a_template_asks_for_is_in_the_sprite() -> None:
    sprite = next((STATIC / "vendor").glob("tabler-icons-*.svg")).read_text()
    known = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    templates = Path(settings.BASE_DIR) / "templates"
    asked = {name for path in templates.rglob("*.html") for name in re.findall(r'{% icon "([^"]+)"', path.read_text())}
    asked |= {
        name for path in templates.rglob("*.html") for name in re.findall(r'icon_name="([^"]+)"', path.read_text())
    }
    assert asked - known == set()


def test_no_template_writes_style_or_script_into_the_page() -> None:
    offences: dict[str, list[str]] = {}
    for path in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
        text = path.read_text()
        found = re.findall(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)", text)
        if found:
            offences[path.name] = found
    assert offences == {}


def _tokens() -> tuple[dict[str, Any], dict[str, Any]]:
    """Each colour as (light, dark): the usual ones, and those of the colour-blind palette."""
    text = (STATIC / "css/tokens.css").read_text()
    usual, palette = text.split(':root[data-palette="blue-orange"]', 1)
    return _pairs(usual), _pairs(palette)


def _pairs(text: str) -> dict[str, tuple[str, str]]:
    found = re.findall(r"--tp-([\w-]+):\s*light-dark\((#\w+),\s*(#\w+)\)", text)
    return {name: (light, dark) for name, light, dark in found}
