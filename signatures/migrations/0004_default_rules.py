"""What was in use for everybody becomes the rule for everybody; rows stay within a customer."""

from django.db import migrations

from reseller_portal.codes import rule_code
from reseller_portal.tenancy import same_customer, same_reseller


def write_default_rules(apps, schema_editor):
    Design = apps.get_model("signatures", "Design")
    Rule = apps.get_model("signatures", "Rule")
    Rule.objects.bulk_create(
        (
            Rule(
                reseller_id=design.reseller_id,
                customer_id=design.customer_id,
                design=design,
                position=1,
                code=rule_code(),
            )
            for design in Design.objects.filter(in_use=True).iterator()
        ),
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [("signatures", "0003_people_groups_and_rules")]
    operations = [
        same_reseller("signatures_ownfield", "customer_id", "customers_customer"),
        same_reseller("signatures_areasettings", "customer_id", "customers_customer"),
        same_reseller("signatures_group", "customer_id", "customers_customer"),
        same_reseller("signatures_groupmember", "customer_id", "customers_customer"),
        same_reseller("signatures_rule", "customer_id", "customers_customer"),
        same_customer("signatures_person", "photo_id", "signatures_picture", "key"),
        same_customer("signatures_groupmember", "group_id", "signatures_group"),
        same_customer("signatures_groupmember", "person_id", "signatures_person"),
        same_customer("signatures_rule", "design_id", "signatures_design"),
        same_customer("signatures_rule", "group_id", "signatures_group"),
        same_customer("signatures_rule", "person_id", "signatures_person"),
        # Last: a table with rows that wait for their deferred checks cannot be altered.
        migrations.RunPython(write_default_rules, migrations.RunPython.noop),
    ]
