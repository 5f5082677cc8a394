"""What is open to whoever has a link: the personal pages."""

from django.urls import path

from rollout import page_views

urlpatterns = [
    path("my-signature/", page_views.own_signature, name="own_signature"),
    path("my-signature/frame/", page_views.own_signature_frame, name="own_signature_frame"),
    path("my-signature/copied/", page_views.own_signature_copied, name="own_signature_copied"),
    path("my-signature/file.<str:kind>", page_views.own_signature_file, name="own_signature_file"),
    path("my-signature/<str:token>/", page_views.own_signature_link, name="own_signature_link"),
]
