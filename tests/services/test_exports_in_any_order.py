"""Three exports of one made-up account, with open and partly closed trades: any order ends in the same book."""

import io
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from accounts.models import Trader
from tests import make
from tests.services import act
from tests.services.book import dump, rows_of
from trading.queries.figures import account_figures, definition_of
from trading.samplefiles.account import Profile
from trading.samplefiles.mt4_html import write_mt4_html
from trading.samplefiles.mt5_html import write_mt5_html
from trading.samplefiles.simulate import simulate

pytestmark = pytest.mark.django_db

WRITERS: dict[str, Any] = {"mt4": write_mt4_html, "mt5": write_mt5_html}


def exports(platform: str, seed: int) -> list[bytes]:
    profile = Profile(seed=seed, trades=60, days=60)
    life = simulate(profile)
    written = []
    for days in (40, 20, 0):
        out = io.BytesIO()
        WRITERS[platform](life, out, until=profile.ends_at - timedelta(days=days))
        written.append(out.getvalue())
    return written


@pytest.mark.parametrize("seed", [3])
@pytest.mark.parametrize("platform", WRITERS)
def test_any_order_ends_in_the_same_book(platform: str, seed: int) -> None:
    books = []
    for order in permutations(exports(platform, seed)):
        trader: Trader = make.trader()
        for content in order:
            statement = act.imported(trader, content)
            assert {figure["state"] for figure in statement.stated} <= {"ties"}
        account = act.account_of(statement)
        books.append((rows_of(account), account_figures(account, definition_of(account))))
    assert all(book == books[0] for book in books)
    assert len(books[0][0]["trades"]) > 40


@pytest.mark.parametrize("platform", WRITERS)
def test_undo_goes_back_step_by_step(ann: Trader, platform: str) -> None:
    first, second, third = exports(platform, seed=5)
    states, statements = [dump()], []
    for content in (second, first, third):
        statements.append(act.imported(ann, content))
        states.append(dump())
    for statement in reversed(statements):
        assert dump() == states.pop()
        act.undone(statement)
    assert dump() == states.pop()
