"""Rows of an export that was edited since."""

from trading.statements.portal_rows import Fields, journal_of


def test_a_nul_which_no_text_of_the_database_can_hold_is_left_out() -> None:
    row = journal_of({"ticket": "1\0", "notes": "a\0b", "tags": ["news\0", "\0"]})
    assert row is not None
    assert (row.ticket, row.notes, row.tags) == ("1", "ab", ("news",))
    assert Fields({"server": "\0Live"}).text("server") == "Live"
