"""A reseller's name, logo, reply address and first line in its mails: branded, never broken."""

import io
from base64 import b64decode
from email import message_from_bytes, policy

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from PIL import Image

from audit.actor import SYSTEM
from audit.models import Entry
from invitations.models import Invitation
from invitations.operations import Invitee, invite_contact, invite_member
from mail.mailbox import read_all
from mail.models import OutgoingMail
from mail.schedule import queue_due_mail
from resellers.models import MailLogo, Member, Reseller, Role
from resellers.operations import brand_mails, change_role

ENGLISH = {"accept-language": "en"}
BRAND = {
    "mail_name": "Nordlicht Signaturen",
    "mail_reply_to": "hilfe@nordlicht.example",
    "mail_intro_de": "Schön, dass Sie bei uns sind.",
    "mail_intro_en": "Good to have you with us.",
}


def a_picture(size=(800, 400), kind="JPEG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    return file.getvalue()


def brand(cast, logo=None, **changes) -> Reseller:
    return brand_mails(
        reseller=cast.nordlicht, fields=BRAND | changes, logo=logo, remove_logo=False, by=SYSTEM
    )


def sent(cast, smtp, language="de"):
    """Invite Jonas, send the mail, and return it as a mail program reads it, with its bytes."""
    invite_contact(
        customer=cast.bakery,
        invitee=Invitee("Jonas", "jonas@hafenbäckerei.example", language),
        product="m365",
        by=SYSTEM,
    )
    queue_due_mail()
    content = bytes(smtp.envelopes[-1].content)
    return message_from_bytes(content, policy=policy.default), content


@pytest.fixture
def anna(client, cast):
    client.force_login(cast.anna)
    return client


def typed(client, **changes) -> dict:
    key = client.get(reverse("mail_brand")).context["form"].initial["reseller_key"]
    return BRAND | {"reseller_key": key} | changes


def test_without_a_brand_the_mail_comes_from_the_portal(cast, smtp):
    message, content = sent(cast, smtp)
    assert str(message["From"]) == django_settings.MAIL_FROM
    assert message["Reply-To"] is None
    assert smtp.envelopes[0].mail_from == "portal@portal.example", "where bounces go"
    assert smtp.envelopes[0].rcpt_tos == ["jonas@xn--hafenbckerei-lcb.example"]
    assert content.isascii()


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_brand_shows_in_the_head_and_in_both_parts(cast, smtp, language):
    brand(cast)
    message, _content = sent(cast, smtp, language)
    (sender,) = message["From"].addresses
    via = "über" if language == "de" else "via"
    assert sender.display_name == f"Nordlicht Signaturen {via} Reseller Portal"
    assert sender.addr_spec == "portal@portal.example", "which the mail server may send as"
    assert [each.addr_spec for each in message["Reply-To"].addresses] == ["hilfe@nordlicht.example"]
    for kind in ("plain", "html"):
        assert BRAND[f"mail_intro_{language}"] in message.get_body((kind,)).get_content()


@pytest.mark.parametrize("name", ["Käse & Söhne 🎈", "Ö" * 60, 'A "B" <c>, d; e:f\\g'])
def test_any_name_arrives_as_it_is_in_seven_bits(cast, smtp, name):
    brand(cast, mail_name=name, mail_reply_to="hilfe@käse.example")
    message, content = sent(cast, smtp)
    (sender,) = message["From"].addresses
    assert sender.display_name.replace(" ", "").startswith(name.replace(" ", ""))
    assert sender.addr_spec == "portal@portal.example"
    assert message["Reply-To"].addresses[0].domain == "xn--kse-qla.example"
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 78


def test_the_logo_travels_inside_the_mail_redrawn_and_small(cast, smtp):
    brand(cast, logo=a_picture())
    message, content = sent(cast, smtp)
    (picture,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert (picture["Content-ID"], picture["Content-Disposition"]) == ("<logo>", "inline")
    with Image.open(io.BytesIO(picture.get_payload(decode=True))) as image:
        assert (image.format, image.size) == ("PNG", (240, 120))
    html = message.get_body(("html",)).get_content()
    assert 'src="cid:logo" width="120" height="60"' in html
    assert (
        "http" not in html.replace(message.get_body(("plain",)).get_content(), "").split("<a ")[0]
    )
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    assert not message.defects
    assert content.isascii()


def test_a_mail_with_a_logo_is_the_same_bytes_each_time(cast, smtp):
    brand(cast, logo=a_picture())
    smtp.answer = "drop"
    sent(cast, smtp)
    smtp.answer = "accept"
    OutgoingMail.objects.update(next_try_at="2020-01-01T00:00:00Z")
    queue_due_mail()
    assert len(smtp.envelopes) == 2
    assert len({bytes(envelope.content) for envelope in smtp.envelopes}) == 1


def test_the_demos_mailbox_shows_the_logo(cast, smtp, tmp_path):
    brand(cast, logo=a_picture())
    _message, content = sent(cast, smtp)
    (tmp_path / "20261124T000000.000000Z-1.eml").write_bytes(content)
    (shown,) = read_all(tmp_path)
    data = shown.html.partition("data:image/png;base64,")[2].partition('"')[0]
    assert b64decode(data).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mail_intro_de", "Mehr auf https://evil.example"),
        ("mail_intro_de", "Mehr auf www.evil"),
        ("mail_intro_en", "Look at evil.example now"),
        ("mail_intro_en", "Write to x@y"),
        ("mail_intro_en", "Zwei\nZeilen"),
        ("mail_intro_en", "turned \u202e round"),
        ("mail_intro_en", "x" * 301),
        ("mail_name", "Evil\r\nBcc: victim@example.com"),
        ("mail_name", "=?utf-8?q?=0D=0ABcc:_x?="),
        ("mail_name", "bank@bank.example"),
        ("mail_name", "x" * 61),
        ("mail_reply_to", "no address"),
        ("mail_reply_to", "jörg@nordlicht.example"),
        ("mail_reply_to", "a@x.example, b@x.example"),
        ("mail_reply_to", "a@x.example\r\nBcc: v@x.example"),
    ],
)
def test_what_would_break_a_mail_is_refused_and_nothing_is_lost(anna, cast, field, value):
    page = anna.post(reverse("mail_brand"), typed(anna, **{field: value}))
    assert field in page.context["form"].errors
    assert page.context["form"].data[field] == value
    cast.nordlicht.refresh_from_db()
    assert cast.nordlicht.mail_name == ""


def test_an_intro_with_abbreviations_is_fine(anna, cast):
    anna.post(reverse("mail_brand"), typed(anna, mail_intro_de="Fragen Sie, z.B. Frau Dr. Ott."))
    cast.nordlicht.refresh_from_db()
    assert cast.nordlicht.mail_intro_de == "Fragen Sie, z.B. Frau Dr. Ott."


def test_markup_in_the_intro_stays_text(cast, smtp):
    brand(cast, mail_intro_de="<b>Fett</b> & <script>")
    message, _content = sent(cast, smtp)
    assert (
        "&lt;b&gt;Fett&lt;/b&gt; &amp; &lt;script&gt;" in message.get_body(("html",)).get_content()
    )
    assert "<b>Fett</b> & <script>" in message.get_body(("plain",)).get_content()


def test_from_the_owners_form_to_the_preview(anna, cast):
    upload = io.BytesIO(a_picture(kind="PNG"))
    upload.name = "../../logo.png"
    assert anna.post(reverse("mail_brand"), typed(anna, logo=upload)).status_code == 302
    assert MailLogo.objects.get().reseller == cast.nordlicht
    page = anna.get(reverse("mail_brand"), headers=ENGLISH).content.decode()
    assert "Nordlicht Signaturen via Reseller Portal" in page
    for kind in ("contact", "reminder", "member"):
        frame = anna.get(reverse("mail_preview", args=[kind]), headers=ENGLISH)
        html = frame.content.decode()
        assert BRAND["mail_intro_en"] in html
        assert "data:image/png;base64," in html
        assert f'href="{django_settings.BASE_URL}/invitation/…"' in html, "which opens nothing"
        assert "script-src" not in frame["Content-Security-Policy"]
        assert "default-src 'none'" in frame["Content-Security-Policy"]
    assert anna.get(reverse("mail_preview", args=["password"])).status_code == 404
    assert Invitation.objects.count() == 0
    anna.post(reverse("mail_brand"), typed(anna, remove_logo="on"))
    assert MailLogo.objects.count() == 0
    entry = Entry.objects.filter(action="mails_branded").first()
    assert (entry.before, entry.after) == ({}, {"logo": False})


def test_a_file_that_is_no_picture_is_refused(anna):
    upload = io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    upload.name = "logo.png"
    page = anna.post(reverse("mail_brand"), typed(anna, logo=upload))
    assert "logo" in page.context["form"].errors
    assert MailLogo.objects.count() == 0


def test_a_form_of_another_reseller_changes_nothing(anna, cast):
    form = typed(anna)
    other = Member.objects.create(reseller=cast.suedwind, user=cast.anna, role=Role.OWNER)
    anna.post(reverse("hat"), {"hat": f"member-{other.pk}"})
    page = anna.post(reverse("mail_brand"), form, headers=ENGLISH)
    assert "another reseller by now" in page.content.decode()
    assert set(Reseller.objects.values_list("mail_name", flat=True)) == {""}


def test_staff_look_at_every_mail_without_a_working_link(client, cast):
    invitation = invite_contact(
        customer=cast.bakery, invitee=Invitee("Jonas", "j@x.example", "de"), product="", by=SYSTEM
    )
    invite_member(
        reseller=cast.nordlicht, invitee=Invitee("N", "n@x.example", "de"), role="member", by=SYSTEM
    )
    change_role(member=cast.mia.memberships.get(), role=Role.OWNER, by=SYSTEM)
    client.force_login(cast.dora)
    listed = client.get(reverse("admin:mail_outgoingmail_changelist")).content.decode()
    for mail in OutgoingMail.objects.all():
        address = reverse("admin:mail_outgoingmail_preview", args=[mail.pk])
        assert address in listed
        html = client.get(address).content.decode()
        assert "Nordlicht" in html
        for found in Invitation.objects.all():
            assert found.token().rpartition(".")[2] not in html
    assert Invitation.objects.get(pk=invitation.pk).opened_at is None
    for user, status in ((cast.anna, 404), (cast.clara, 404)):
        client.force_login(user)
        assert client.get(address).status_code == status


def test_a_kind_of_mail_without_a_preview_is_not_shown(client, cast):
    invite_contact(
        customer=cast.bakery, invitee=Invitee("Jonas", "j@x.example", "de"), product="", by=SYSTEM
    )
    OutgoingMail.objects.update(kind="something else")
    client.force_login(cast.dora)
    mail = OutgoingMail.objects.get()
    address = reverse("admin:mail_outgoingmail_preview", args=[mail.pk])
    assert client.get(address).status_code == 404
    assert address not in client.get(reverse("admin:mail_outgoingmail_changelist")).content.decode()
