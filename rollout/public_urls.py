"""What is open to whoever has a link: the personal pages and what the add-in fetches."""

from django.urls import path

from rollout import addin_views, page_views

urlpatterns = [
    path("add-in/<str:token>/", addin_views.addin_page, name="addin_page"),
    path("add-in/<str:token>/code.js", addin_views.addin_code, name="addin_code"),
    path("add-in/<str:token>/signature/", addin_views.addin_signature, name="addin_signature"),
    path("my-signature/", page_views.own_signature, name="own_signature"),
    path("my-signature/details/", page_views.own_details, name="own_details"),
    path("my-signature/frame/", page_views.own_signature_frame, name="own_signature_frame"),
    path("my-signature/copied/", page_views.own_signature_copied, name="own_signature_copied"),
    path("my-signature/file.<str:kind>", page_views.own_signature_file, name="own_signature_file"),
    path("my-signature/<str:token>/", page_views.own_signature_link, name="own_signature_link"),
]
