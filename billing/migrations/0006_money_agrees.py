"""What was paid and credited agrees with its rows, to the cent; the database sees to it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION billing_check_money(paper_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    paper record;
    payments numeric;
    notes numeric;
BEGIN
    SELECT * INTO paper FROM billing_invoice WHERE id = paper_id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT coalesce(sum(amount), 0) INTO payments FROM billing_payment WHERE invoice_id = paper_id;
    IF paper.kind = 'credit_note' THEN
        notes := CASE WHEN paper.credits_id IS NULL THEN 0 ELSE paper.gross END;
    ELSE
        SELECT coalesce(sum(gross), 0) INTO notes FROM billing_invoice WHERE credits_id = paper_id;
    END IF;
    IF paper.paid <> payments OR paper.credited <> notes THEN
        RAISE EXCEPTION 'what is paid and credited is not what payments and credit notes say';
    END IF;
END $$;

CREATE FUNCTION billing_invoice_money() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM billing_check_money(NEW.id);
    PERFORM billing_check_money(NEW.credits_id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_invoice_money_agrees
    AFTER INSERT OR UPDATE OF paid, credited ON billing_invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_invoice_money();

CREATE FUNCTION billing_payment_money() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sum_of_receipt numeric;
BEGIN
    PERFORM billing_check_money(NEW.invoice_id);
    IF NEW.receipt_id IS NOT NULL THEN
        SELECT sum(amount) INTO sum_of_receipt FROM billing_payment
            WHERE receipt_id = NEW.receipt_id;
        IF (SELECT assigned FROM billing_bankreceipt WHERE id = NEW.receipt_id)
            IS DISTINCT FROM sum_of_receipt
        THEN
            RAISE EXCEPTION 'what is assigned of a receipt is not what its payments say';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_payment_money_agrees AFTER INSERT ON billing_payment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_payment_money();

CREATE FUNCTION billing_payment_reverses() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    original record;
BEGIN
    IF NEW.reverses_id IS NOT NULL THEN
        SELECT * INTO original FROM billing_payment WHERE id = NEW.reverses_id;
        IF original.kind = 'reversal' OR original.invoice_id <> NEW.invoice_id
            OR original.amount <> -NEW.amount
            OR original.receipt_id IS DISTINCT FROM NEW.receipt_id
        THEN
            RAISE EXCEPTION 'a reversal takes back one whole payment of the same invoice';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_payment_reversal BEFORE INSERT ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION billing_payment_reverses();

CREATE FUNCTION billing_receipt_is_noted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    later text[] := ARRAY['looked_at', 'assigned', 'left', 'set_aside_on', 'set_aside_because'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF billing_may_delete(OLD.received_on) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'a receipt is kept';
    END IF;
    IF to_jsonb(NEW) - later <> to_jsonb(OLD) - later THEN
        RAISE EXCEPTION 'a receipt is never changed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_bankreceipt_no_change BEFORE UPDATE OR DELETE ON billing_bankreceipt
    FOR EACH ROW EXECUTE FUNCTION billing_receipt_is_noted();
CREATE TRIGGER billing_bankreceipt_no_truncate BEFORE TRUNCATE ON billing_bankreceipt
    FOR EACH STATEMENT EXECUTE FUNCTION billing_no_truncate();
"""
BACKWARD = """
DROP TRIGGER billing_bankreceipt_no_truncate ON billing_bankreceipt;
DROP TRIGGER billing_bankreceipt_no_change ON billing_bankreceipt;
DROP FUNCTION billing_receipt_is_noted();
DROP TRIGGER billing_payment_reversal ON billing_payment;
DROP FUNCTION billing_payment_reverses();
DROP TRIGGER billing_payment_money_agrees ON billing_payment;
DROP FUNCTION billing_payment_money();
DROP TRIGGER billing_invoice_money_agrees ON billing_invoice;
DROP FUNCTION billing_invoice_money();
DROP FUNCTION billing_check_money(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_bank_receipts")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
