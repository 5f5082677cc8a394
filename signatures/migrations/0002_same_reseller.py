"""A row and its parent belong to the same reseller; the database sees to it."""

from django.db import migrations

from reseller_portal.tenancy import same_reseller


class Migration(migrations.Migration):
    dependencies = [("signatures", "0001_initial")]
    operations = [
        same_reseller("signatures_person", "customer_id", "customers_customer"),
        same_reseller("signatures_picture", "customer_id", "customers_customer"),
        same_reseller("signatures_design", "customer_id", "customers_customer"),
        same_reseller("signatures_version", "design_id", "signatures_design"),
    ]
