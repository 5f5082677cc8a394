"""What an invited person opens, and where members of a reseller look after invitations."""

from django.urls import path

from invitations import brand_views, contact_views, member_views, views

urlpatterns = [
    path("invitation/", views.invitation, name="invitation"),
    path("invitation/opened/", views.invitation_opened, name="invitation_opened"),
    path("invitation/<str:token>/", views.invitation_link, name="invitation_link"),
    path("invitations/", contact_views.invitations, name="invitations"),
    path("invitations/sending/<str:code>/", contact_views.bulk_sending, name="bulk_sending"),
    path(
        "invitations/sending/<str:code>/progress/",
        contact_views.bulk_sending_progress,
        name="bulk_sending_progress",
    ),
    path(
        "invitations/sending/<str:code>/cancellation/",
        contact_views.bulk_sending_cancellation,
        name="bulk_sending_cancellation",
    ),
    path(
        "invitations/<str:invitation_code>/sending/",
        contact_views.invitation_sending,
        name="invitation_sending",
    ),
    path(
        "invitations/<str:invitation_code>/revocation/",
        contact_views.invitation_revocation,
        name="invitation_revocation",
    ),
    path(
        "invitations/<str:invitation_code>/correction/",
        contact_views.invitation_correction,
        name="invitation_correction",
    ),
    path("customers/<str:code>/contacts/", contact_views.contacts, name="contacts"),
    path("customers/<str:code>/contacts/new/", contact_views.new_contact, name="new_contact"),
    path(
        "customers/<str:code>/contacts/<int:contact_id>/withdrawal/",
        contact_views.contact_withdrawal,
        name="contact_withdrawal",
    ),
    path(
        "customers/<str:code>/contacts/<int:contact_id>/return/",
        contact_views.contact_return,
        name="contact_return",
    ),
    path("members/mails/", brand_views.mail_brand, name="mail_brand"),
    path("members/mails/<str:kind>/", brand_views.mail_preview, name="mail_preview"),
    path("members/", member_views.members, name="members"),
    path("members/new/", member_views.new_member, name="new_member"),
    path("members/<int:member_id>/role/", member_views.member_role, name="member_role"),
    path("members/<int:member_id>/removal/", member_views.member_removal, name="member_removal"),
    path(
        "members/invitations/<str:invitation_code>/sending/",
        member_views.member_invitation_sending,
        name="member_invitation_sending",
    ),
    path(
        "members/invitations/<str:invitation_code>/revocation/",
        member_views.member_invitation_revocation,
        name="member_invitation_revocation",
    ),
    path(
        "members/invitations/<str:invitation_code>/correction/",
        member_views.member_invitation_correction,
        name="member_invitation_correction",
    ),
]
