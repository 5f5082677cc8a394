"""Seal what was sealed once more, in two parts; a seal that did not hold does not hold afterwards.

The new digests go to the log, as those of every night do.
"""

import hashlib
import json
import logging

from django.db import migrations

logger = logging.getLogger(__name__)
PUBLIC = [
    "id",
    "at",
    "action",
    "actor_id",
    "actor_hat",
    "request_id",
    "reseller_id",
    "subject",
    "subject_id",
]
PERSONAL = ["actor_name", "label", "before", "after", "salt"]
OLD = [
    "id",
    "at",
    "action",
    "actor_id",
    "actor_name",
    "actor_hat",
    "ip",
    "request_id",
    "reseller_id",
    "subject",
    "subject_id",
    "label",
    "before",
    "after",
]


def line(entry, names):
    values = [entry.get(name) for name in names]
    plain = [value.isoformat() if hasattr(value, "isoformat") else value for value in values]
    plain = [value.hex if hasattr(value, "hex") else value for value in plain]
    return json.dumps(plain, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def seal_again(apps, schema_editor):
    entries = apps.get_model("audit", "Entry").objects.order_by("pk")
    before = old_before = ""
    schema_editor.execute("ALTER TABLE audit_seal DISABLE TRIGGER audit_seal_no_change")
    for seal in apps.get_model("audit", "Seal").objects.order_by("through_id"):
        old, new = hashlib.sha256(old_before.encode()), hashlib.sha256(before.encode())
        rows = entries.filter(pk__gt=seal.after_id, pk__lte=seal.through_id)
        for entry in rows.values(*{*OLD, "salt"}).iterator(chunk_size=5_000):
            old.update(line(entry, OLD))
            personal = hashlib.sha256(line(entry, PERSONAL)).hexdigest()
            new.update(line(entry | {"personal": personal}, [*PUBLIC, "personal"]))
        held, old_before = seal.digest == old.hexdigest(), seal.digest
        if held:
            seal.digest = new.hexdigest()
            seal.save(update_fields=["digest"])
            logger.info("history sealed anew through %s: %s", seal.through_id, seal.digest)
        before = seal.digest
    schema_editor.execute("ALTER TABLE audit_seal ENABLE TRIGGER audit_seal_no_change")


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_what_may_change")]
    operations = [migrations.RunPython(seal_again, migrations.RunPython.noop)]
