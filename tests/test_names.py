"""What a name and an address may be."""

import pytest

from reseller_portal.names import email_key


def test_look_alikes_of_a_letter_are_no_address():
    with pytest.raises(ValueError, match="address"):
        email_key("\u212aelvin@firma.example")
