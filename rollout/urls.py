"""The pages about publishing and rolling out, inside a customer's signature area."""

from django.urls import path

from rollout import views

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
    path("<str:code>/rollout/<str:person_code>/", views.person_signature, name="person_signature"),
]
