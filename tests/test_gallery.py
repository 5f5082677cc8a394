"""Every template as it leaves the portal, byte for byte: a change of the renderer shows in a diff.

After an intended change: `GOLDEN=write make test ARGS=tests/test_gallery.py`, and read the diff.
"""

import os
from pathlib import Path

import pytest
from django.utils import translation

from signatures.gallery import TEMPLATES
from tests.test_signature_output import FULL, clean, render, template

KEPT = Path(__file__).parent / "data" / "gallery"


@pytest.mark.parametrize("key", TEMPLATES)
@pytest.mark.parametrize("language", ["de", "en"])
def test_a_template_says_what_it_said(key, language):
    with translation.override(language):
        made = render(template(key), FULL)
    said = f"{clean(made.html)}\n\n{made.text}\n"
    file = KEPT / f"{key}.{language}.html"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(said, encoding="utf-8")
    assert said == file.read_text(encoding="utf-8")


def test_no_file_is_left_of_a_template_that_is_gone():
    assert {file.name.partition(".")[0] for file in KEPT.iterdir()} == set(TEMPLATES)
