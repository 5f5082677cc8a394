from django.core.management.base import BaseCommand, CommandError

from audit.models import Seal
from audit.operations import broken_seals, seal_history


class Command(BaseCommand):
    help = (
        "Verify that the history is as it was sealed, or seal what happened before today."
        " Exits with 1 when an entry was altered or is missing."
    )

    def add_arguments(self, parser):
        parser.add_argument("what", choices=["verify", "seal"])

    def handle(self, *args, what: str, **options):
        if what == "seal":
            seal = seal_history()
            self.stdout.write(f"Sealed: {seal}" if seal else "Nothing new to seal.")
            return
        broken = list(broken_seals())
        for seal in broken:
            self.stderr.write(f"Entries {seal} are not as they were sealed on {seal.sealed_at}.")
        if broken:
            raise CommandError(f"{len(broken)} seals are broken.")
        self.stdout.write(f"{Seal.objects.count()} seals hold.")
