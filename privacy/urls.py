"""Where people are forgotten, beside the pages that show them."""

from django.urls import path

from privacy import views

urlpatterns = [
    path(
        "customers/<str:code>/contacts/<int:contact_id>/erasure/",
        views.contact_erasure,
        name="contact_erasure",
    ),
    path(
        "signatures/<str:code>/people/<str:person_code>/erasure/",
        views.person_erasure,
        name="person_erasure",
    ),
]
