"""What members of a reseller open."""

from django.urls import path, re_path

from subscriptions import views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    re_path(r"^export\.(?P<kind>csv|xlsx)$", views.export, name="export"),
    path("new/", views.new_subscription, name="new_subscription"),
    path("new/offer/", views.new_subscription_offer, name="new_subscription_offer"),
    path("new/customers/", views.known_customers, name="known_customers"),
    path("<str:code>/", views.subscription, name="subscription"),
    path("<str:code>/editing/", views.subscription_editing, name="subscription_editing"),
    path("<str:code>/signatures/", views.subscription_signatures, name="subscription_signatures"),
]
