"""Each figure of the first pages has its definition one click away, and says on hover what it means."""

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Trader
from tests import make

pytestmark = pytest.mark.django_db

#: Where a page writes the name of a figure.
_NAMES = re.compile(
    r'<div class="figure-label">(.*?)</div>|<dl class="card analysis-strip">(.*?)</dl>'
    r'|<div class="figure-hint pair-line">(.*?)</div>|<thead role="rowgroup">(.*?)</thead>',
    re.DOTALL,
)
_LINK = re.compile(r'<a class="figure-link" href="([^"]+)" title="([^"]+)">([^<]+)</a>')


def links(page: str) -> Iterator[tuple[str, str, str]]:
    for place in _NAMES.finditer(page):
        yield from _LINK.findall(place[0])


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("dashboard", {"Equity", "Balance", "Floating", "Today", "This week", "This month", "All time"}),
        ("account_list", {"Net", "Balance"}),
        ("analysis", {"Trades", "Net profit", "Win rate", "Profit factor", "Expected payoff", "Before costs", "Costs"}),
    ],
)
def test_each_name_of_a_figure_opens_its_definition(
    ann: Trader, ann_client: Client, name: str, named: set[str]
) -> None:
    _account(ann)
    found = list(links(ann_client.get(reverse(name)).content.decode()))
    assert named <= {label for _, _, label in found}
    _open(ann_client, found)


def test_so_does_each_on_the_page_of_an_account(ann: Trader, ann_client: Client) -> None:
    page = ann_client.get(reverse("account_detail", args=[_account(ann)])).content.decode()
    names = re.findall(r'<div class="figure-label">(.*?)</div>', page)
    assert len(names) >= 8
    assert [name for name in names if not _LINK.search(name)] == []
    _open(ann_client, list(links(page)))


def _open(client: Client, found: list[tuple[str, str, str]]) -> None:
    for url, meaning, label in found:
        answer = client.get(url.replace("&amp;", "&"))
        assert answer.status_code == 200, url
        assert len(meaning) > 15, label


def _account(owner: Trader) -> object:
    account = make.account(owner)
    make.committed_statement(account=account, opening_balance=Decimal(0), period_start=make.START)
    make.exit_of(make.trade(account))
    return account.pk
