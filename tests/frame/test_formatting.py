"""How figures are written."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Trader
from trading import formatting
from trading.formatting import Formats

D = Decimal
SPACE = "\N{NO-BREAK SPACE}"


def formats(number_format: str = "en", time_zone: str = "Europe/Berlin") -> Formats:
    return Formats.of(Trader(number_format=number_format, time_zone=time_zone))


@pytest.mark.parametrize(
    ("number_format", "text"),
    [("en", "−1,234,567.50"), ("de", "−1.234.567,50"), ("fr", "−1\u202f234\u202f567,50"), ("ch", "−1’234’567.50")],
)
def test_groups_and_points_as_the_trader_chose(number_format: str, text: str) -> None:
    assert formats(number_format).money(D("-1234567.5"), "USD") == text


def test_every_number_format_of_the_settings_has_its_signs() -> None:
    texts = {choice.label: formats(choice.value).money(D("1234.56"), "EUR") for choice in Trader.NumberFormat}
    assert all(text.replace("\u202f", " ") == label for label, text in texts.items()) and len(texts) == 4


@pytest.mark.parametrize(("currency", "text"), [("USD", "1.01"), ("JPY", "1"), ("BTC", "1.00500000"), ("KWD", "1.005")])
def test_rounds_money_half_away_from_zero_to_the_digits_of_its_currency(currency: str, text: str) -> None:
    assert formats().money(D("1.005"), currency) == text


def test_keeps_further_digits_of_the_broker_when_asked() -> None:
    assert formats().money(D("-0.125"), "USD", exact=True) == "−0.125"


def test_signs_a_gain_and_never_a_zero() -> None:
    assert [formats().signed(D(value), "USD") for value in ("2", "-2", "0", "-0.001")] == [
        "+2.00",
        "−2.00",
        "0.00",
        "0.00",
    ]


def test_colours_an_amount_by_its_direction_and_names_its_currency() -> None:
    html = formats().amount(D("-3.6"), "EUR", unit=True)
    assert html == '<span class="amt loss">−3.60</span> <span class="unit">EUR</span>'


def test_an_amount_that_rounds_to_zero_is_not_coloured() -> None:
    assert 'class="amt flat"' in formats().amount(D("0.004"), "USD")


def test_an_unknown_amount_is_a_dash_with_its_reason_never_zero() -> None:
    html = formats().amount(None, "USD", reason='No "stop"')
    assert ">–</span>" in html and 'title="No &quot;stop&quot;"' in html


def test_prices_and_volumes_keep_the_digits_that_the_broker_printed() -> None:
    assert formats().price(D("1.12340")) == "1.12340"
    assert [formats().lots(D(value)) for value in ("1", "0.001", "1.50")] == ["1.00", "0.001", "1.50"]


def test_a_ratio_becomes_percent_with_two_decimals() -> None:
    assert formats("de").percent(D("0.43243")) == f"43,24{SPACE}%"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (3540, "59 min"), (11520, "3 h 12 min"), (3900, "1 h 05 min"), (158400, "1 d 20 h")],
)
def test_durations_have_two_units_at_most(seconds: int, text: str) -> None:
    assert formatting.duration(timedelta(seconds=seconds)).replace(SPACE, " ") == text


def test_a_moment_is_in_the_traders_zone_with_the_brokers_words_as_its_title() -> None:
    html = formats().moment(datetime(2026, 7, 1, 22, 30, 5, tzinfo=UTC), "2026.07.02 <01:30>")
    assert ">2 Jul 2026 00:30:05<" in html
    assert 'title="Broker: 2026.07.02 &lt;01:30&gt;"' in html
    assert 'datetime="2026-07-01T22:30:05+00:00"' in html


def test_a_day_is_that_of_the_traders_zone() -> None:
    assert formats().day(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "1 Jan 2027"
    assert formats().day(date(2026, 2, 3)) == "3 Feb 2026"


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4))
def test_a_written_number_reads_back_as_itself(value: Decimal) -> None:
    for number_format, point in (("en", "."), ("de", ","), ("fr", ","), ("ch", ".")):
        text = formats(number_format).number(value)
        plain = "".join(c for c in text if c.isdigit() or c in "−" + point).replace("−", "-").replace(point, ".")
        assert Decimal(plain) == value


def test_counts_have_their_noun() -> None:
    assert [formatting.count(n, "trade") for n in (0, 1, 2)] == ["0 trades", "1 trade", "2 trades"]
    assert formatting.count(2, "entry", "entries") == "2 entries"
