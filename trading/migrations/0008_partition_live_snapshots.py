"""The table of live snapshots: by tier, then by time. A default partition of each tier takes what no other one does, so
that an insert never fails; trading.services.snapshot_tiers makes and drops the rest."""

from django.db import migrations

CREATE = """
CREATE TABLE trading_livesnapshot (
    account_id uuid NOT NULL,
    tier varchar(6) NOT NULL,
    taken_at timestamptz NOT NULL,
    balance numeric NOT NULL,
    equity numeric NOT NULL,
    margin numeric NOT NULL,
    free_margin numeric NOT NULL,
    floating_profit numeric NOT NULL,
    credit numeric NOT NULL,
    open_positions integer NOT NULL CHECK (open_positions >= 0),
    open_risk numeric,
    PRIMARY KEY (account_id, tier, taken_at)
) PARTITION BY LIST (tier);
"""
TIER = """
CREATE TABLE trading_livesnapshot_{tier} PARTITION OF trading_livesnapshot
    FOR VALUES IN ('{tier}') PARTITION BY RANGE (taken_at);
CREATE TABLE trading_livesnapshot_{tier}_default PARTITION OF trading_livesnapshot_{tier} DEFAULT;
"""
#: Rows that every sync rewrites: room on their pages keeps the new version beside the old one, and the indexes as they are.
ROOM = "".join(
    f"ALTER TABLE {table} SET (fillfactor = {percent});"
    for table, percent in (("trading_position", 70), ("trading_quote", 70), ("trading_syncstate", 60))
)
NO_ROOM = "".join(
    f"ALTER TABLE {table} RESET (fillfactor);" for table in ("trading_position", "trading_quote", "trading_syncstate")
)


class Migration(migrations.Migration):
    dependencies = [("trading", "0007_sync_names_positions_and_the_start_of_the_book")]

    operations = [
        migrations.RunSQL(
            CREATE + "".join(TIER.format(tier=tier) for tier in ("full", "minute", "hour")),
            "DROP TABLE trading_livesnapshot",
        ),
        migrations.RunSQL(ROOM, NO_ROOM),
    ]
