"""The days of an account rolled up, kept right by triggers: every writer is covered, also SQL that is typed by hand.

A statement that changes trades or fills rebuilds the days that it touches from the rows as they then are. The lock of the
account's AccountRollup makes two writers follow each other, so that neither overwrites what the other saw.
"""

from typing import Any, ClassVar

from django.db import migrations, models
from django.db.models import DO_NOTHING

from tradeportal.fields import ExactDecimalField

#: More days of an account than this at once and it is rolled up as a whole, by whoever finishes the write.
_DAYS_AT_ONCE = 400

_CLOSED = """count(*) AS trades, count(*) FILTER (WHERE t.net_profit > 0) AS wins,
    count(*) FILTER (WHERE t.net_profit < 0) AS losses,
    COALESCE(sum(t.net_profit) FILTER (WHERE t.net_profit > 0), 0) AS won,
    COALESCE(sum(t.net_profit) FILTER (WHERE t.net_profit < 0), 0) AS lost,
    COALESCE(sum(t.gross_profit), 0) AS gross, COALESCE(sum(t.commission), 0) AS commission,
    COALESCE(sum(t.swap), 0) AS swap, COALESCE(sum(t.fee), 0) AS fee, COALESCE(sum(t.net_profit), 0) AS net,
    COALESCE(sum(t.volume_lots), 0) AS volume_lots, max(t.net_profit) AS best, min(t.net_profit) AS worst"""
_BOOKED = """count(*) AS fills, COALESCE(sum(e.net_profit), 0) AS booked_net,
    count(*) FILTER (WHERE e.direction <> 'in') AS booked_exits,
    count(*) FILTER (WHERE e.direction <> 'in' AND e.net_profit >= 0) AS booked_wins"""
_SUMS = ("trades", "wins", "losses", "won", "lost", "gross", "commission", "swap", "fee", "net", "volume_lots")
_BOOKED_SUMS = ("booked_net", "booked_exits", "booked_wins")
_COLUMNS = ", ".join(["account_id", "day", *_SUMS, "best", "worst", *_BOOKED_SUMS])
_VALUES = ", ".join([*(f"c.{name}" for name in (*_SUMS, "best", "worst")), *(f"b.{name}" for name in _BOOKED_SUMS)])
_OR_ZERO = ", ".join(
    [
        *(f"COALESCE(c.{name}, 0)" for name in _SUMS),
        "c.best",
        "c.worst",
        *(f"COALESCE(b.{name}, 0)" for name in _BOOKED_SUMS),
    ]
)

# A day and a bit on either side lets the index find the rows; the name of the day in the zone then decides.
REBUILD_DAYS = f"""
CREATE FUNCTION trading_roll_up_days(of_accounts uuid[], of_days date[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM trading_accountrollup WHERE account_id = ANY(of_accounts) ORDER BY account_id FOR UPDATE;
    DELETE FROM trading_dayrollup d USING unnest(of_accounts, of_days) AS k(account_id, day)
    WHERE d.account_id = k.account_id AND d.day = k.day;
    INSERT INTO trading_dayrollup ({_COLUMNS})
    SELECT r.account_id, k.day, {_VALUES}
    FROM unnest(of_accounts, of_days) AS k(account_id, day)
    JOIN trading_accountrollup r ON r.account_id = k.account_id
    CROSS JOIN LATERAL (
        SELECT {_CLOSED} FROM trading_trade t WHERE t.account_id = k.account_id
        AND t.closed_at >= (k.day - 2)::timestamp AT TIME ZONE 'UTC'
        AND t.closed_at < (k.day + 3)::timestamp AT TIME ZONE 'UTC'
        AND (t.closed_at AT TIME ZONE r.time_zone)::date = k.day
    ) c
    CROSS JOIN LATERAL (
        SELECT {_BOOKED} FROM trading_execution e WHERE e.account_id = k.account_id
        AND e.executed_at >= (k.day - 2)::timestamp AT TIME ZONE 'UTC'
        AND e.executed_at < (k.day + 3)::timestamp AT TIME ZONE 'UTC'
        AND (e.executed_at AT TIME ZONE r.time_zone)::date = k.day
    ) b
    WHERE c.trades > 0 OR b.fills > 0;
END $$"""

REBUILD_ACCOUNT = f"""
CREATE FUNCTION trading_roll_up_account(of_account uuid, of_zone text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO trading_accountrollup (account_id, time_zone) VALUES (of_account, of_zone)
    ON CONFLICT (account_id) DO UPDATE SET time_zone = excluded.time_zone;
    DELETE FROM trading_dayrollup WHERE account_id = of_account;
    INSERT INTO trading_dayrollup ({_COLUMNS})
    SELECT of_account, COALESCE(c.day, b.day), {_OR_ZERO}
    FROM (
        SELECT (t.closed_at AT TIME ZONE of_zone)::date AS day, {_CLOSED} FROM trading_trade t
        WHERE t.account_id = of_account AND t.closed_at IS NOT NULL GROUP BY 1
    ) c
    FULL JOIN (
        SELECT (e.executed_at AT TIME ZONE of_zone)::date AS day, {_BOOKED} FROM trading_execution e
        WHERE e.account_id = of_account GROUP BY 1
    ) b ON b.day = c.day;
END $$"""

#: What of a row the rollups are made of, by table: its moment first.
_MADE_OF = {
    "trade": ("closed_at", "volume_lots", "gross_profit", "commission", "swap", "fee"),
    "execution": ("executed_at", "direction", "gross_profit", "commission", "swap", "fee"),
}


def _trigger(table: str, event: str) -> str:
    moment, *_ = columns = _MADE_OF[table]
    listed = ", ".join(["account_id", *columns])
    old, new = f"SELECT {listed} FROM old_rows", f"SELECT {listed} FROM new_rows"
    rows = {
        "insert": new,
        "delete": old,
        "update": f"({old} EXCEPT ALL {new}) UNION ALL ({new} EXCEPT ALL {old})",
    }[event]
    seen = {
        "insert": "NEW TABLE AS new_rows",
        "delete": "OLD TABLE AS old_rows",
        "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    }[event]
    one = "old_rows" if event == "delete" else "new_rows"
    name = f"trading_{table}_{event}_rolls_up"
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched_accounts uuid[];
    touched_days date[];
BEGIN
    IF NOT EXISTS (SELECT FROM trading_accountrollup WHERE account_id IN (SELECT DISTINCT account_id FROM {one})) THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(d.account_id), array_agg(d.day) INTO touched_accounts, touched_days FROM (
        SELECT DISTINCT r.account_id, (x.{moment} AT TIME ZONE r.time_zone)::date AS day
        FROM ({rows}) x JOIN trading_accountrollup r ON r.account_id = x.account_id WHERE x.{moment} IS NOT NULL
    ) d;
    IF cardinality(touched_days) > {_DAYS_AT_ONCE} * (SELECT count(DISTINCT a) FROM unnest(touched_accounts) AS a) THEN
        DELETE FROM trading_accountrollup WHERE account_id = ANY(touched_accounts);
    ELSIF touched_days IS NOT NULL THEN
        PERFORM trading_roll_up_days(touched_accounts, touched_days);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER rolls_up_after_{event} AFTER {event.upper()} ON trading_{table} REFERENCING {seen}
FOR EACH STATEMENT EXECUTE FUNCTION {name}()"""


def _without(table: str, event: str) -> str:
    return f"DROP TRIGGER rolls_up_after_{event} ON trading_{table}; DROP FUNCTION trading_{table}_{event}_rolls_up()"


def _belongs(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""ALTER TABLE {table} ADD CONSTRAINT {table}_account_fk
        FOREIGN KEY (account_id) REFERENCES accounts_brokeraccount (id) ON DELETE CASCADE""",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_account_fk",
    )


def _account(kind: type[models.ForeignKey[Any, Any]], **options: Any) -> models.ForeignKey[Any, Any]:
    return kind("accounts.brokeraccount", on_delete=DO_NOTHING, db_constraint=False, related_name="+", **options)


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("trading", "0013_counted_runs_and_tests_of_webhooks")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="AccountRollup",
            fields=[
                ("account", _account(models.OneToOneField, primary_key=True, serialize=False)),
                ("time_zone", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="DayRollup",
            fields=[
                ("pk", models.CompositePrimaryKey("account", "day", blank=True, editable=False, serialize=False)),
                ("account", _account(models.ForeignKey, db_index=False)),
                ("day", models.DateField()),
                *((name, models.IntegerField()) for name in ("trades", "wins", "losses")),
                *((name, ExactDecimalField()) for name in _SUMS[3:]),
                ("best", ExactDecimalField(null=True)),
                ("worst", ExactDecimalField(null=True)),
                ("booked_net", ExactDecimalField()),
                ("booked_exits", models.IntegerField()),
                ("booked_wins", models.IntegerField()),
            ],
            options={"ordering": ["account", "day"]},
        ),
        _belongs("trading_accountrollup"),
        _belongs("trading_dayrollup"),
        migrations.RunSQL(REBUILD_DAYS, "DROP FUNCTION trading_roll_up_days(uuid[], date[])"),
        migrations.RunSQL(REBUILD_ACCOUNT, "DROP FUNCTION trading_roll_up_account(uuid, text)"),
        *(
            migrations.RunSQL(_trigger(table, event), _without(table, event))
            for table in _MADE_OF
            for event in ("insert", "update", "delete")
        ),
    ]
