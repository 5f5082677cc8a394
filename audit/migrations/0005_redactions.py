"""Room for taking a person's name out of the history; where it came from, in columns of its own."""

import django.contrib.postgres.functions
from django.db import migrations, models

import audit.models


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_seals_are_kept")]

    operations = [
        migrations.CreateModel(
            name="Redaction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("entry_id", models.BigIntegerField()),
                ("was", models.CharField(max_length=64)),
                ("became", models.CharField(max_length=64)),
                ("recorded_in", models.BigIntegerField()),
                (
                    "transaction",
                    models.BigIntegerField(
                        db_default=audit.models.CurrentTransaction(), editable=False
                    ),
                ),
            ],
            options={
                "verbose_name": "redaction of the history",
                "verbose_name_plural": "redactions of the history",
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="entry",
            name="device",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        # In two steps, so that the table is not written anew: older entries have no salt.
        migrations.AddField(
            model_name="entry", name="salt", field=models.UUIDField(editable=False, null=True)
        ),
        migrations.AlterField(
            model_name="entry",
            name="salt",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                editable=False,
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(
                    ("ip__isnull", False), models.Q(("device", ""), _negated=True), _connector="OR"
                ),
                fields=["at"],
                name="entry_with_traces",
            ),
        ),
        migrations.AddIndex(
            model_name="redaction",
            index=models.Index(fields=["entry_id"], name="redaction_of_entry"),
        ),
        migrations.AddIndex(
            model_name="redaction",
            index=models.Index(fields=["recorded_in"], name="redaction_recorded_in"),
        ),
    ]
