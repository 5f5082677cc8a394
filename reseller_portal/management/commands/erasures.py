import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from audit.actor import SYSTEM
from privacy.errors import NotErased
from privacy.lists import again
from privacy.models import Erasure
from privacy.operations import erase, forget_in_history


class Command(BaseCommand):
    help = (
        "List who was erased, a line each and by code only, to be kept beside the backups; or apply"
        " such a list to a restored backup. What was erased already is left alone."
    )

    def add_arguments(self, parser):
        parser.add_argument("what", choices=["list", "apply"])
        parser.add_argument("file", nargs="?", help="the list to apply")

    def handle(self, *args, what: str, file: str | None, **options):
        if what == "list":
            for code, rows in Erasure.objects.order_by("pk").values_list("code", "rows"):
                self.stdout.write(json.dumps({"code": code, "rows": rows}))
            return
        if not file:
            raise CommandError("Say which file holds the list.")
        for line in Path(file).read_text(encoding="utf-8").splitlines():
            wish = json.loads(line)
            self._apply(wish["code"], wish["rows"])

    def _apply(self, code: str, rows: dict) -> None:
        erasure = Erasure.objects.filter(code=code).first()
        if erasure is None:
            try:
                erasure = erase(found=again(rows), by=SYSTEM, code=code)
            except NotErased as problem:
                self.stderr.write(f"{code}: not erased ({type(problem).__name__}).")
                return
        while not forget_in_history(erasure=erasure):
            pass
        self.stdout.write(f"{code}: erased.")
