from django.core.management.base import BaseCommand

from reseller_portal.catalogues import read_catalogue, untranslated, update_catalogue


class Command(BaseCommand):
    help = (
        "Bring locale/de up to date with the strings in code and templates; list what is missing."
    )

    def handle(self, *args, **options):
        missing = update_catalogue("de")
        for string in untranslated(read_catalogue("de")):
            self.stdout.write(string)
        self.stdout.write(f"{missing} strings lack a German translation.")
