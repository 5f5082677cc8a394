"""Designs become documents, and companies get a brand: the new places."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_signatures_deleted"),
        ("resellers", "0005_overdue_since"),
        ("signatures", "0005_import_of_people"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Brand",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "accent",
                    models.CharField(default="#0b6b6b", max_length=7, verbose_name="accent colour"),
                ),
                (
                    "text",
                    models.CharField(default="#1f2a30", max_length=7, verbose_name="text colour"),
                ),
                (
                    "font",
                    models.CharField(
                        choices=[
                            ("Arial", "Arial"),
                            ("Calibri", "Calibri"),
                            ("Verdana", "Verdana"),
                            ("Tahoma", "Tahoma"),
                            ("Trebuchet MS", "Trebuchet MS"),
                            ("Georgia", "Georgia"),
                            ("Times New Roman", "Times New Roman"),
                            ("Courier New", "Courier New"),
                        ],
                        default="Arial",
                        max_length=20,
                        verbose_name="font",
                    ),
                ),
                (
                    "company",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="company with its legal form"
                    ),
                ),
                (
                    "street",
                    models.CharField(blank=True, max_length=120, verbose_name="street and number"),
                ),
                ("postcode", models.CharField(blank=True, max_length=20, verbose_name="postcode")),
                ("city", models.CharField(blank=True, max_length=80, verbose_name="city")),
                ("country", models.CharField(blank=True, max_length=60, verbose_name="country")),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="phone")),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="e-mail address"),
                ),
                ("website", models.URLField(blank=True, verbose_name="website")),
                (
                    "register",
                    models.CharField(
                        blank=True, max_length=120, verbose_name="register court and number"
                    ),
                ),
                (
                    "leaders",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="managing directors or board"
                    ),
                ),
                (
                    "chair",
                    models.CharField(
                        blank=True, max_length=120, verbose_name="chair of the supervisory board"
                    ),
                ),
                ("vat_id", models.CharField(blank=True, max_length=20, verbose_name="VAT id")),
            ],
            options={
                "verbose_name": "brand",
                "verbose_name_plural": "brands",
            },
        ),
        migrations.CreateModel(
            name="DraftStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("document", models.JSONField()),
                ("block", models.CharField(blank=True, max_length=6)),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "step of a draft",
                "verbose_name_plural": "steps of drafts",
                "ordering": ["number"],
            },
        ),
        migrations.AddField(
            model_name="design",
            name="document",
            field=models.JSONField(default=1, verbose_name="document"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="design",
            name="revision",
            field=models.PositiveIntegerField(default=1, verbose_name="changes"),
        ),
        migrations.AddField(
            model_name="design",
            name="step",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="picture",
            name="digest",
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="version",
            name="document",
            field=models.JSONField(default={}, verbose_name="document"),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="picture",
            constraint=models.UniqueConstraint(
                condition=models.Q(("digest", ""), _negated=True),
                fields=("customer", "digest"),
                name="picture_once_per_customer",
            ),
        ),
        migrations.AddField(
            model_name="brand",
            name="customer",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="brand",
                to="customers.customer",
            ),
        ),
        migrations.AddField(
            model_name="brand",
            name="logo",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="signatures.picture",
                to_field="key",
                verbose_name="logo",
            ),
        ),
        migrations.AddField(
            model_name="brand",
            name="reseller",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="resellers.reseller",
            ),
        ),
        migrations.AddField(
            model_name="draftstep",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="draftstep",
            name="design",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="steps",
                to="signatures.design",
            ),
        ),
        migrations.AddConstraint(
            model_name="brand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("accent__regex", "^#[0-9a-f]{6}$"), ("text__regex", "^#[0-9a-f]{6}$")
                ),
                name="brand_colours_are_hexadecimal",
            ),
        ),
        migrations.AddConstraint(
            model_name="draftstep",
            constraint=models.UniqueConstraint(
                fields=("design", "number"), name="draft_step_number_once"
            ),
        ),
    ]
