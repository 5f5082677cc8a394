"""What the documents name exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# A path from the root, or the bare name of a test.
NAMED = re.compile(r"`((?:[a-z_]+/)+[\w.-]+\.(?:py|html|js|typ|md)|test_\w+\.py)`")
LINKED = re.compile(r"\]\((?!https?:)([^)#]+)")


def places(document: Path, name: str) -> list[Path]:
    return [document.parent / name, ROOT / name, ROOT / "tests" / name, ROOT / "templates" / name]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_a_document_names_are_there(document):
    text = document.read_text()
    named = set(NAMED.findall(text)) | set(LINKED.findall(text))
    missing = {
        name for name in named if not any(place.exists() for place in places(document, name))
    }
    assert not missing
