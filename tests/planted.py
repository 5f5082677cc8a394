"""Somebody whose name, address and secrets stand nowhere else, so that a search finds them."""

from types import SimpleNamespace

PLANTED = SimpleNamespace(
    name="Quirin Zwetschgenbaum",
    email="quirin@zwetschgenbaum.example",
    new_email="zwetschgenbaum@quirin.example",
    company="Zwetschgenhof",
    password="pflaumenmus-im-september-9",
    wrong_password="apfelmus-im-oktober-9",
    phone="+49 177 5550199",
)
