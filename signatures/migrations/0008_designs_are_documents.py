"""What designs said before they were documents goes; rows stay within a customer."""

from django.db import migrations, models

from reseller_portal.tenancy import same_customer, same_reseller


class Migration(migrations.Migration):
    dependencies = [("signatures", "0007_write_documents")]
    operations = [
        migrations.RemoveConstraint(
            model_name="design",
            name="design_colours_are_hexadecimal",
        ),
        migrations.RemoveField(
            model_name="design",
            name="accent",
        ),
        migrations.RemoveField(
            model_name="design",
            name="disclaimer",
        ),
        migrations.RemoveField(
            model_name="design",
            name="font",
        ),
        migrations.RemoveField(
            model_name="design",
            name="lines",
        ),
        migrations.RemoveField(
            model_name="design",
            name="logo",
        ),
        migrations.RemoveField(
            model_name="design",
            name="template",
        ),
        migrations.RemoveField(
            model_name="design",
            name="text_colour",
        ),
        migrations.RemoveField(
            model_name="design",
            name="website",
        ),
        migrations.AddConstraint(
            model_name="design",
            constraint=models.CheckConstraint(
                condition=models.Q(("document__schema", 1)), name="design_document_has_its_schema"
            ),
        ),
        migrations.AlterField(
            model_name="design",
            name="document",
            field=models.JSONField(verbose_name="document"),
        ),
        migrations.AlterField(
            model_name="version",
            name="document",
            field=models.JSONField(verbose_name="document"),
        ),
        same_reseller("signatures_brand", "customer_id", "customers_customer"),
        same_customer("signatures_brand", "logo_id", "signatures_picture", "key"),
    ]
