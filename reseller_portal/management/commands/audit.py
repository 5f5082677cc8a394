from django.core.management.base import BaseCommand, CommandError

from audit.models import Redaction, Seal
from audit.operations import broken_redactions, broken_seals, seal_history


class Command(BaseCommand):
    help = (
        "Verify that the history is as it was sealed, or seal what happened before today."
        " Exits with 1 when an entry was altered or is missing, or names were taken out of one"
        " without an account of it."
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
        unaccounted = sorted(set(broken_redactions()))
        for entry_id in unaccounted:
            self.stderr.write(f"Entry {entry_id} is not as its redaction left it.")
        if broken or unaccounted:
            raise CommandError(
                f"{len(broken)} seals are broken, {len(unaccounted)} redactions do not add up."
            )
        self.stdout.write(
            f"{Seal.objects.count()} seals hold;"
            f" {Redaction.objects.count()} redactions are accounted for."
        )
