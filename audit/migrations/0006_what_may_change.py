"""Two things may change in an entry: traces may be emptied, names replaced beside a redaction."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_entry_may_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    traces text[] := ARRAY['ip', 'device'];
    personal text[] := ARRAY['ip', 'device', 'actor_name', 'label', 'before', 'after', 'salt'];
BEGIN
    IF NEW.ip IS NULL AND NEW.device = '' THEN
        IF to_jsonb(NEW) - traces = to_jsonb(OLD) - traces THEN
            RETURN NEW;
        END IF;
        IF to_jsonb(NEW) - personal = to_jsonb(OLD) - personal AND EXISTS (
            SELECT FROM audit_redaction
            WHERE entry_id = OLD.id AND transaction = txid_current()
        ) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the history is never changed';
END $$;
DROP TRIGGER audit_entry_no_change ON audit_entry;
CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_is_append_only();
CREATE TRIGGER audit_entry_no_change BEFORE UPDATE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_may_change();

CREATE FUNCTION audit_redaction_names_its_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.transaction := txid_current();
    RETURN NEW;
END $$;
CREATE TRIGGER audit_redaction_begins BEFORE INSERT ON audit_redaction
    FOR EACH ROW EXECUTE FUNCTION audit_redaction_names_its_transaction();
CREATE TRIGGER audit_redaction_no_change BEFORE UPDATE OR DELETE ON audit_redaction
    FOR EACH ROW EXECUTE FUNCTION audit_entry_is_append_only();
CREATE TRIGGER audit_redaction_no_truncate BEFORE TRUNCATE ON audit_redaction
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_append_only();
"""
BACKWARD = """
DROP TRIGGER audit_redaction_no_truncate ON audit_redaction;
DROP TRIGGER audit_redaction_no_change ON audit_redaction;
DROP TRIGGER audit_redaction_begins ON audit_redaction;
DROP FUNCTION audit_redaction_names_its_transaction();
DROP TRIGGER audit_entry_no_change ON audit_entry;
DROP TRIGGER audit_entry_no_delete ON audit_entry;
CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_is_append_only();
DROP FUNCTION audit_entry_may_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_redactions")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
