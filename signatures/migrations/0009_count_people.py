"""The database counts a customer's people, whichever way they come and go."""

from django.db import migrations

COUNT = """
CREATE FUNCTION signatures_count_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE customers_customer SET people_count = people_count + found.difference
    FROM (
        SELECT customer_id, CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END AS difference
        FROM rows_of_statement GROUP BY customer_id
    ) AS found
    WHERE customers_customer.id = found.customer_id;
    RETURN NULL;
END $$;
CREATE TRIGGER signatures_person_added AFTER INSERT ON signatures_person
    REFERENCING NEW TABLE AS rows_of_statement
    FOR EACH STATEMENT EXECUTE FUNCTION signatures_count_people();
CREATE TRIGGER signatures_person_removed AFTER DELETE ON signatures_person
    REFERENCING OLD TABLE AS rows_of_statement
    FOR EACH STATEMENT EXECUTE FUNCTION signatures_count_people();
UPDATE customers_customer SET people_count = (
    SELECT count(*) FROM signatures_person WHERE customer_id = customers_customer.id
) WHERE EXISTS (SELECT 1 FROM signatures_person WHERE customer_id = customers_customer.id);
"""
LEAVE = """
DROP TRIGGER signatures_person_added ON signatures_person;
DROP TRIGGER signatures_person_removed ON signatures_person;
DROP FUNCTION signatures_count_people();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_people_count"),
        ("signatures", "0008_designs_are_documents"),
    ]
    operations = [migrations.RunSQL(COUNT, LEAVE)]
