"""The pages about publishing and rolling out, inside a customer's signature area."""

from django.urls import path

from rollout import addin_views, file_views, page_views, rule_views, views

urlpatterns = [
    path(
        "<str:code>/designs/<str:design_code>/publication/",
        views.design_publication,
        name="design_publication",
    ),
    path(
        "<str:code>/designs/<str:design_code>/versions/<int:number>/return/",
        views.version_return,
        name="version_return",
    ),
    path("<str:code>/rollout/", views.rollout, name="rollout"),
    path("<str:code>/rollout/status/", views.rollout_status, name="rollout_status"),
    path("<str:code>/rollout/files/", file_views.signature_files, name="signature_files"),
    path("<str:code>/rollout/add-in/", addin_views.addin, name="addin"),
    path(
        "<str:code>/rollout/add-in/manifest.xml", addin_views.addin_manifest, name="addin_manifest"
    ),
    path("<str:code>/rollout/rule/", rule_views.transport_rule, name="transport_rule"),
    path("<str:code>/rollout/pages/", page_views.page_sendings, name="page_sendings"),
    path(
        "<str:code>/rollout/pages/<str:sending_code>/",
        page_views.page_sending,
        name="page_sending",
    ),
    path(
        "<str:code>/rollout/pages/<str:sending_code>/progress/",
        page_views.page_sending_progress,
        name="page_sending_progress",
    ),
    path(
        "<str:code>/rollout/pages/<str:sending_code>/cancellation/",
        page_views.page_sending_cancellation,
        name="page_sending_cancellation",
    ),
    path("<str:code>/rollout/<str:person_code>/", views.person_signature, name="person_signature"),
]
