"""The pages of a customer's signature area."""

from django.urls import path

from signatures import check_views, people_views, views

urlpatterns = [
    path("<str:code>/", views.signatures, name="signatures"),
    path("<str:code>/people/", people_views.people, name="people"),
    path("<str:code>/people/new/", people_views.new_person, name="new_person"),
    path("<str:code>/people/<str:person_code>/", people_views.person, name="person"),
    path(
        "<str:code>/people/<str:person_code>/removal/",
        people_views.person_removal,
        name="person_removal",
    ),
    path("<str:code>/designs/", views.designs, name="designs"),
    path("<str:code>/designs/new/", views.new_design, name="new_design"),
    path("<str:code>/designs/<str:design_code>/", views.design, name="design"),
    path(
        "<str:code>/designs/<str:design_code>/check/", check_views.design_check, name="design_check"
    ),
    path(
        "<str:code>/designs/<str:design_code>/check/frame/",
        check_views.check_frame,
        name="design_check_frame",
    ),
    path("<str:code>/designs/<str:design_code>/frame/", views.design_frame, name="design_frame"),
    path(
        "<str:code>/designs/<str:design_code>/removal/", views.design_removal, name="design_removal"
    ),
    path("<str:code>/templates/<str:template>/", views.template_frame, name="template_frame"),
    path(
        "<str:code>/rollout/<str:person_code>/frame/",
        views.signature_frame,
        name="signature_frame",
    ),
]
