"""What an invited person opens."""

from django.urls import path

from invitations import views

urlpatterns = [
    path("", views.invitation, name="invitation"),
    path("opened/", views.invitation_opened, name="invitation_opened"),
    path("<str:token>/", views.invitation_link, name="invitation_link"),
]
