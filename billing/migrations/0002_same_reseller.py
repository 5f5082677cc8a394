"""A row and its parent belong to the same reseller; the database sees to it."""

from django.db import migrations

from reseller_portal.tenancy import same_reseller


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = [
        same_reseller("billing_invoice", "credits_id", "billing_invoice"),
        same_reseller("billing_invoiceline", "invoice_id", "billing_invoice"),
        same_reseller("billing_invoiceline", "subscription_id", "subscriptions_subscription"),
        same_reseller("billing_payment", "invoice_id", "billing_invoice"),
    ]
