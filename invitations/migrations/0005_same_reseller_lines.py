"""A line of several sendings, its wish and its invitation belong to the same reseller."""

from django.db import migrations

from reseller_portal.tenancy import same_reseller


class Migration(migrations.Migration):
    dependencies = [("invitations", "0004_sendings_and_reminders")]
    operations = [
        same_reseller("invitations_bulkline", "bulk_id", "invitations_bulksending"),
        same_reseller("invitations_bulkline", "invitation_id", "invitations_invitation"),
        same_reseller("invitations_sending", "invitation_id", "invitations_invitation"),
    ]
