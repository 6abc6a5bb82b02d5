"""Adds the instruments that most accounts trade, with their pips. What an operator has set stays as it is."""

from decimal import Decimal
from typing import Any, ClassVar

from django.db import migrations

_PAIRS = """
    EURUSD GBPUSD AUDUSD NZDUSD USDCAD USDCHF EURGBP EURAUD EURNZD EURCAD EURCHF GBPAUD GBPNZD GBPCAD GBPCHF AUDNZD AUDCAD
    AUDCHF NZDCAD NZDCHF CADCHF USDSEK USDNOK USDDKK USDPLN USDSGD USDHKD USDCNH USDZAR USDMXN USDTRY USDILS EURSEK EURNOK
    EURDKK EURPLN EURTRY EURZAR EURSGD EURMXN GBPSEK GBPNOK GBPSGD GBPZAR
"""
_PAIRS_OF_HUNDREDTHS = (
    "USDJPY EURJPY GBPJPY AUDJPY NZDJPY CADJPY CHFJPY SGDJPY ZARJPY NOKJPY SEKJPY USDHUF EURHUF GBPHUF"
)
_INDICES_OF_POINTS = """
    GER40 DE40 DAX40 GER30 DE30 UK100 FTSE100 FRA40 FR40 ESP35 ITA40 NETH25 SWI20 EUSTX50 EU50 STOXX50 US30 DJ30 WS30 US100
    NAS100 USTEC NDX100 JP225 JPN225 HK50 AUS200 CHINA50
"""
#: Kind, pip, digits of a quoted price, symbols.
_OTHERS = (
    ("metal", "0.1", 2, "XAUUSD XAUEUR XAUGBP XAUAUD GOLD XPTUSD XPDUSD"),
    ("metal", "0.01", 3, "XAGUSD XAGEUR SILVER"),
    ("index", "1", 1, _INDICES_OF_POINTS),
    ("index", "0.1", 1, "US500 SPX500 SP500 US2000"),
    ("energy", "0.01", 2, "USOIL UKOIL WTI BRENT XTIUSD XBRUSD"),
    ("energy", "0.001", 3, "NATGAS XNGUSD"),
    ("crypto", "1", 2, "BTCUSD BTCEUR BTCUSDT"),
    ("crypto", "0.1", 2, "ETHUSD ETHEUR ETHUSDT BCHUSD"),
    ("crypto", "0.01", 2, "LTCUSD SOLUSD SOLUSDT BNBUSD BNBUSDT"),
    ("crypto", "0.0001", 5, "XRPUSD XRPUSDT ADAUSD ADAUSDT"),
    ("crypto", "0.00001", 5, "DOGEUSD DOGEUSDT"),
)


def add_instruments(apps: Any, schema_editor: Any) -> None:
    instrument = apps.get_model("trading", "Instrument")
    rows = (
        ("forex", "0.0001", 5, _PAIRS),
        ("forex", "0.01", 3, _PAIRS_OF_HUNDREDTHS),
        *_OTHERS,
    )
    instrument.objects.bulk_create(
        [
            instrument(symbol=symbol, kind=kind, pip=Decimal(pip), digits=digits)
            for kind, pip, digits, symbols in rows
            for symbol in symbols.split()
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("trading", "0009_a_break_seen_again_is_no_change")]

    operations: ClassVar[list[Any]] = [migrations.RunPython(add_instruments, migrations.RunPython.noop)]
