"""Files of exchange rates, as the European Central Bank makes them."""

import io
import zipfile

HISTORY_CSV = """Date,USD,JPY,BGN,CYP,
2026-11-20,1.0834,167.25,1.9558,N/A,
2026-11-19,1.0801,166.9,1.9558,N/A,
"""
DAILY_CSV = """Date, USD, JPY, CHF,
20 November 2026, 1.0834, 167.25, 0.9312,
"""
DAILY_XML = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender>
  <Cube>
    <Cube time='2026-11-20'>
      <Cube currency='USD' rate='1.0834'/>
      <Cube currency='JPY' rate='167.25'/>
    </Cube>
    <Cube time='2026-11-19'><Cube currency="USD" rate="1.0801"/></Cube>
  </Cube>
</gesmes:Envelope>
"""
OWN_CSV = "day,base,quote,rate\n2026-11-20,EUR,USD,1.0834\n2026-11-20,USD,USDT,0.9998\n"


def zipped(*files: tuple[str, str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", method) as archive:
        for name, text in files:
            archive.writestr(name, text)
    return kept.getvalue()
