"""What an invited person opens, and where members of a reseller look after invitations."""

from django.urls import path

from invitations import views

urlpatterns = [
    path("invitation/", views.invitation, name="invitation"),
    path("invitation/opened/", views.invitation_opened, name="invitation_opened"),
    path("invitation/<str:token>/", views.invitation_link, name="invitation_link"),
    path("invitations/", views.invitations, name="invitations"),
    path("invitations/sending/<str:code>/", views.bulk_sending, name="bulk_sending"),
    path(
        "invitations/sending/<str:code>/progress/",
        views.bulk_sending_progress,
        name="bulk_sending_progress",
    ),
    path(
        "invitations/sending/<str:code>/cancellation/",
        views.bulk_sending_cancellation,
        name="bulk_sending_cancellation",
    ),
    path(
        "invitations/<str:invitation_code>/sending/",
        views.invitation_sending,
        name="invitation_sending",
    ),
    path(
        "invitations/<str:invitation_code>/revocation/",
        views.invitation_revocation,
        name="invitation_revocation",
    ),
    path(
        "invitations/<str:invitation_code>/correction/",
        views.invitation_correction,
        name="invitation_correction",
    ),
    path("customers/<str:code>/contacts/", views.contacts, name="contacts"),
    path("customers/<str:code>/contacts/new/", views.new_contact, name="new_contact"),
    path(
        "customers/<str:code>/contacts/<int:contact_id>/withdrawal/",
        views.contact_withdrawal,
        name="contact_withdrawal",
    ),
    path(
        "customers/<str:code>/contacts/<int:contact_id>/return/",
        views.contact_return,
        name="contact_return",
    ),
]
