from django.conf import settings
from django.core.management.base import BaseCommand

from reseller_portal.catalogues import compile_catalogue, po_file


class Command(BaseCommand):
    help = "Compile the translation catalogues; needs no gettext on the machine."

    def handle(self, *args, **options):
        for language, _name in settings.LANGUAGES:
            if po_file(language).exists():
                compile_catalogue(language)
