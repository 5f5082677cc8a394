"""What was charged stays as it is: the database refuses to change or remove it."""

from django.db import migrations

from reseller_portal.tenancy import same_reseller

FORWARD = """
CREATE FUNCTION subscriptions_charge_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    same subscriptions_charge;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a charge is never removed';
    END IF;
    same := NEW;
    same.covered_until := OLD.covered_until;
    IF same IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'a charge is never changed';
    END IF;
    IF NEW.covered_until <> OLD.covered_until
        AND (OLD.kind = 'credit' OR OLD.covered_until <> OLD.period_end) THEN
        RAISE EXCEPTION 'a charge is shortened once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER subscriptions_charge_stays BEFORE UPDATE OR DELETE ON subscriptions_charge
    FOR EACH ROW EXECUTE FUNCTION subscriptions_charge_stays();

CREATE FUNCTION subscriptions_credit_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM subscriptions_charge
        WHERE id = NEW.credits_id AND subscription_id = NEW.subscription_id
            AND kind <> 'credit' AND currency = NEW.currency
            AND amount + NEW.amount >= 0 AND seats + NEW.seats = 0
    ) THEN
        RAISE EXCEPTION 'a credit gives back no more than its charge';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER subscriptions_credit_fits BEFORE INSERT ON subscriptions_charge
    FOR EACH ROW WHEN (NEW.kind = 'credit') EXECUTE FUNCTION subscriptions_credit_fits();
"""
BACKWARD = """
DROP TRIGGER subscriptions_credit_fits ON subscriptions_charge;
DROP FUNCTION subscriptions_credit_fits();
DROP TRIGGER subscriptions_charge_stays ON subscriptions_charge;
DROP FUNCTION subscriptions_charge_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0004_changes_and_runs")]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        same_reseller("subscriptions_change", "subscription_id", "subscriptions_subscription"),
    ]
