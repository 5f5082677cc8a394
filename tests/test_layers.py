"""Who may import whom: apps only from those above, modules only from their layer or a lower one."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Each app may import those before it; audit and mail are open to all and import none.
ORDER = [
    "audit",
    "mail",
    "accounts",
    "resellers",
    "customers",
    "invitations",
    "subscriptions",
    "signatures",
    "rollout",
    "billing",
    "privacy",
]
OPEN_TO_ALL = {"audit", "mail"}
LAYERS = {
    **dict.fromkeys(["urls"], 7),
    **dict.fromkeys(
        ["views", "change_views", "admin", "schedule", "jobs", "access", "middleware"], 6
    ),
    "forms": 5,
    # In the largest room the operations have a module per subject.
    **dict.fromkeys(
        [
            "operations",
            "changing",
            "renewals",
            "batches",
            "ledger",
            "retention",
            "deletion",
            "moving",
            "importing",
        ],
        4,
    ),
    "forecast": 4,
    "tasks": 3,
    "emails": 2,
    # What questions and words over rows there are, beside the models they ask.
    **dict.fromkeys(
        ["models", "sessions", "lists", "presentation", "wordings", "exports", "belongings"], 1
    ),
}
WIRING = {"reseller_portal.clock", "reseller_portal.queue"}


def modules():
    for app in ORDER:
        for file in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in file.parts:
                yield file


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


def layer(module: str) -> int:
    return LAYERS.get(module.rpartition("_")[2], 0)  # member_views are views, too


@pytest.mark.parametrize("file", list(modules()), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_imports_only_downwards(file):
    app, module = file.relative_to(ROOT).parts[0], file.stem
    for name in imports(file):
        parts = name.split(".")
        if parts[0] not in ORDER:
            continue
        above = ORDER.index(parts[0]) < ORDER.index(app)
        assert (
            parts[0] == app
            or (above and app not in OPEN_TO_ALL)
            or (parts[0] in OPEN_TO_ALL and app not in OPEN_TO_ALL)
        ), f"{app} imports {name}, which is not above it"
        if len(parts) > 1:
            assert layer(parts[1]) <= layer(module), (
                f"{app}.{module} imports {name}, a higher layer"
            )


@pytest.mark.parametrize("module", sorted(WIRING))
def test_clock_and_queue_import_no_app(module):
    for name in imports(ROOT / (module.replace(".", "/") + ".py")):
        assert name.split(".")[0] not in ORDER


def test_only_the_queue_queues():
    for file in modules():
        assert ".delay(" not in file.read_text(), file
        assert ".apply_async(" not in file.read_text(), file


def test_no_room_is_called_utils_or_services():
    for file in modules():
        assert file.stem not in {"utils", "helpers", "services", "signals", "managers"}
