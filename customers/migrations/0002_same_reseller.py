"""A row and its parent belong to the same reseller; the database sees to it."""

from django.db import migrations

from reseller_portal.tenancy import same_reseller


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [
        same_reseller("customers_contact", "customer_id", "customers_customer"),
    ]
