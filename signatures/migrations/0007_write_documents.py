"""Every draft and every version as a document of blocks, looking as before."""

import re

from django.db import migrations

KEY = re.compile(r"/pictures/([0-9a-f-]{36})\.png$")


def document_of(old, logo):
    """Return the document that looks as the old fields did; `logo` is a picture or None."""
    numbers = iter(range(1, 40))

    def block(kind, **facts):
        return {"type": kind, "id": f"b{next(numbers)}", **facts}

    def picture(**facts):
        if logo is None:
            return []
        shown = {"width": min(120, logo["width"]), "alt": "{{ company }}", "picture": logo}
        return [block("image", **shown, **facts)]

    def texts(**facts):
        lines = old["lines"].replace("{{ website }}", bare).replace("{{website}}", bare)
        first, _end, rest = lines.partition("\n")
        made = [block("text", lines=first, size=17, bold=True, tone="accent", **facts)]
        if rest.strip():
            made.append(block("text", lines=rest, above=2))
        if website:
            made.append(block("text", lines=bare, tone="accent", link=website, above=4))
        return made

    website = re.sub(r"^http://", "https://", old["website"])
    bare = re.sub(r"^https?://", "", website).rstrip("/")
    template = old["template"]
    if template == "classic" and logo:
        blocks = [block("columns", columns=[picture(), texts()], rule=True)]
    elif template == "banner":
        blocks = [block("divider", thickness=6), *texts(above=10), *picture(above=10)]
    elif template == "compact" and logo:
        blocks = [block("columns", columns=[texts(), picture()], valign="middle")]
    elif template == "letterhead":
        blocks = [*picture(), block("divider", above=14), *texts(above=12)]
    else:
        blocks = texts()
    if old["disclaimer"]:
        lines = "\n".join(old["disclaimer"].splitlines())
        blocks.append(block("disclaimer", lines=lines, above=12))
    return {
        "schema": 1,
        "language": "de",
        "accent": old["accent"],
        "text": old["text_colour"],
        "font": old["font"],
        "blocks": blocks,
    }


def kept(picture):
    if picture is None:
        return None
    return {"key": str(picture.key), "width": picture.width, "height": picture.height}


def kept_of_version(logo):
    found = KEY.search(logo["url"]) if logo else None
    if found is None:
        return None
    return {"key": found[1], "width": logo["width"], "height": logo["height"]}


def write_documents(apps, schema_editor):
    Design = apps.get_model("signatures", "Design")
    Version = apps.get_model("signatures", "Version")
    Brand = apps.get_model("signatures", "Brand")
    fields = ("template", "accent", "text_colour", "font", "lines", "website", "disclaimer")
    for design in Design.objects.select_related("logo").order_by("-in_use", "-pk").iterator():
        old = {name: getattr(design, name) for name in fields}
        design.document = document_of(old, kept(design.logo))
        design.save(update_fields=["document"])
        Brand.objects.get_or_create(
            customer_id=design.customer_id,
            defaults={
                "reseller_id": design.reseller_id,
                "accent": design.accent,
                "text": design.text_colour,
                "font": design.font,
                "logo_id": design.logo.key if design.logo else None,
                "website": design.website,
            },
        )
    for version in Version.objects.iterator():
        version.content = document_of(version.content, kept_of_version(version.content["logo"]))
        version.document = version.content
        version.save(update_fields=["content", "document"])


class Migration(migrations.Migration):
    dependencies = [("signatures", "0006_designs_as_documents")]
    operations = [migrations.RunPython(write_documents, migrations.RunPython.noop)]
