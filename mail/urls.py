"""The demo's mailbox."""

from django.urls import path

from mail import views

urlpatterns = [
    path("", views.demo_mailbox, name="demo_mailbox"),
    path("<str:name>/", views.demo_mail, name="demo_mail"),
    path("<str:name>/html/", views.demo_mail_html, name="demo_mail_html"),
]
