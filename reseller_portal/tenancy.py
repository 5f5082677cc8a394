"""SQL for migrations: a row cannot point across resellers, or across customers."""

from django.db import migrations


def same_reseller(table: str, column: str, parent: str) -> migrations.RunSQL:
    """Return the composite foreign key (reseller_id, column) → parent (reseller_id, id).

    Django has no composite foreign keys of its own; the parent needs a unique (reseller, id).
    Deferred, as Django's own foreign keys are.
    """
    name = f"{table}_{column}_same_reseller"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (reseller_id, {column})"
        f" REFERENCES {parent} (reseller_id, id) DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def same_customer(table: str, column: str, parent: str, key: str = "id") -> migrations.RunSQL:
    """Return the composite foreign key (customer_id, column) → parent (customer_id, key)."""
    name = f"{table}_{column}_same_customer"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (customer_id, {column})"
        f" REFERENCES {parent} (customer_id, {key}) DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )
