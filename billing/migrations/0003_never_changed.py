"""What was issued, stored or received is never changed; the database refuses it.

Papers may be deleted only when the transaction says which day it is (`portal.deleting_on`) and the
years for which they must be kept have passed.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION billing_may_delete(issued_on date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    deleting_on text := current_setting('portal.deleting_on', true);
BEGIN
    RETURN coalesce(deleting_on, '') <> ''
        AND deleting_on::date > make_date(extract(year FROM issued_on)::int + 8, 12, 31);
END $$;

CREATE FUNCTION billing_invoice_is_issued() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    later text[] := ARRAY['paid', 'credited', 'open_amount', 'reminders_stopped_on',
                          'reminders_stopped_because'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.number IS NOT NULL AND NOT billing_may_delete(OLD.issued_on) THEN
            RAISE EXCEPTION 'an issued invoice is kept';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.number IS NOT NULL AND to_jsonb(NEW) - later <> to_jsonb(OLD) - later THEN
        RAISE EXCEPTION 'an issued invoice is never changed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_invoice_no_change BEFORE UPDATE OR DELETE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_invoice_is_issued();

CREATE FUNCTION billing_invoice_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paper record;
BEGIN
    SELECT i.number, i.net, (SELECT sum(l.net) FROM billing_invoiceline l WHERE l.invoice_id = i.id)
        AS of_lines INTO paper FROM billing_invoice i WHERE i.id = NEW.id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF paper.number IS NULL OR paper.of_lines IS DISTINCT FROM paper.net THEN
        RAISE EXCEPTION 'an invoice has a number, and its net is the sum of its lines';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_invoice_whole AFTER INSERT ON billing_invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_invoice_is_whole();

CREATE FUNCTION billing_line_is_issued() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paper record;
    original record;
    given numeric;
BEGIN
    SELECT number, issued_on INTO paper FROM billing_invoice
        WHERE id = coalesce(NEW.invoice_id, OLD.invoice_id);
    IF TG_OP = 'DELETE' THEN
        IF paper.number IS NOT NULL AND NOT billing_may_delete(paper.issued_on) THEN
            RAISE EXCEPTION 'a line of an issued invoice is kept';
        END IF;
        RETURN OLD;
    END IF;
    IF paper.number IS NOT NULL THEN
        RAISE EXCEPTION 'a line of an issued invoice is never changed';
    END IF;
    IF NEW.credits_id IS NOT NULL THEN
        SELECT net INTO original FROM billing_invoiceline WHERE id = NEW.credits_id FOR UPDATE;
        SELECT coalesce(sum(net), 0) + NEW.net INTO given FROM billing_invoiceline
            WHERE credits_id = NEW.credits_id AND id <> NEW.id;
        IF abs(given) > abs(original.net) OR given * original.net < 0 THEN
            RAISE EXCEPTION 'a line is never credited beyond its net';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_line_no_change BEFORE INSERT OR UPDATE OR DELETE ON billing_invoiceline
    FOR EACH ROW EXECUTE FUNCTION billing_line_is_issued();

CREATE FUNCTION billing_document_is_stored() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF NOT billing_may_delete((SELECT issued_on FROM billing_invoice WHERE id = OLD.invoice_id))
        THEN
            RAISE EXCEPTION 'a document is kept';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.stored_at IS NOT NULL THEN
        RAISE EXCEPTION 'a stored document is never changed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_document_no_change BEFORE UPDATE OR DELETE ON billing_document
    FOR EACH ROW EXECUTE FUNCTION billing_document_is_stored();

CREATE FUNCTION billing_payment_is_noted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF billing_may_delete((SELECT issued_on FROM billing_invoice WHERE id = OLD.invoice_id))
        THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'a payment is never changed';
END $$;
CREATE TRIGGER billing_payment_no_change BEFORE UPDATE OR DELETE ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION billing_payment_is_noted();

CREATE FUNCTION billing_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'invoices are never emptied';
END $$;
CREATE TRIGGER billing_invoice_no_truncate BEFORE TRUNCATE ON billing_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION billing_no_truncate();
CREATE TRIGGER billing_invoiceline_no_truncate BEFORE TRUNCATE ON billing_invoiceline
    FOR EACH STATEMENT EXECUTE FUNCTION billing_no_truncate();
CREATE TRIGGER billing_document_no_truncate BEFORE TRUNCATE ON billing_document
    FOR EACH STATEMENT EXECUTE FUNCTION billing_no_truncate();
CREATE TRIGGER billing_payment_no_truncate BEFORE TRUNCATE ON billing_payment
    FOR EACH STATEMENT EXECUTE FUNCTION billing_no_truncate();
"""
BACKWARD = """
DROP TRIGGER billing_payment_no_truncate ON billing_payment;
DROP TRIGGER billing_document_no_truncate ON billing_document;
DROP TRIGGER billing_invoiceline_no_truncate ON billing_invoiceline;
DROP TRIGGER billing_invoice_no_truncate ON billing_invoice;
DROP FUNCTION billing_no_truncate();
DROP TRIGGER billing_payment_no_change ON billing_payment;
DROP FUNCTION billing_payment_is_noted();
DROP TRIGGER billing_document_no_change ON billing_document;
DROP FUNCTION billing_document_is_stored();
DROP TRIGGER billing_line_no_change ON billing_invoiceline;
DROP FUNCTION billing_line_is_issued();
DROP TRIGGER billing_invoice_whole ON billing_invoice;
DROP FUNCTION billing_invoice_is_whole();
DROP TRIGGER billing_invoice_no_change ON billing_invoice;
DROP FUNCTION billing_invoice_is_issued();
DROP FUNCTION billing_may_delete(date);
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_same_reseller")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
