"""The running version keeps working while the next one's migrations are applied."""

from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

#: Of the first release: there was no version before it that could have been running.
BEFORE_THE_RULE = {("accounts", "0007"), ("trading", "0018")}


def _is_after(app: str, name: str) -> bool:
    return name[:4] > dict(BEFORE_THE_RULE)[app]


def test_a_new_column_is_filled_by_the_database_for_those_who_do_not_know_it() -> None:
    loader = MigrationLoader(None)
    added = [
        (app, name, operation)
        for (app, name), migration in loader.disk_migrations.items()
        if app in {"accounts", "trading"} and _is_after(app, name)
        for operation in migration.operations
        if isinstance(operation, migrations.AddField)
    ]
    assert added
    unknown = [
        f"{app}.{name}: {operation.model_name}.{operation.name}"
        for app, name, operation in added
        if not operation.field.null and operation.field.db_default is NOT_PROVIDED and not operation.field.many_to_many
    ]
    assert unknown == []
