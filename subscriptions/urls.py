"""What members of a reseller open."""

from django.urls import path, re_path

from subscriptions import bulk_views, calendar_views, change_views, import_views, views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    re_path(r"^export\.(?P<kind>csv|xlsx)$", views.export, name="export"),
    path("new/", views.new_subscription, name="new_subscription"),
    path("new/offer/", views.new_subscription_offer, name="new_subscription_offer"),
    path("new/customers/", views.known_customers, name="known_customers"),
    path("calendar/", calendar_views.calendar, name="calendar"),
    path("calendar/address/", calendar_views.calendar_feed, name="calendar_feed"),
    path(
        "calendar/address/removal/",
        calendar_views.calendar_feed_removal,
        name="calendar_feed_removal",
    ),
    path("calendar/<str:token>.ics", calendar_views.calendar_file, name="calendar_file"),
    path("several/", bulk_views.subscriptions_change, name="subscriptions_change"),
    path("import/", import_views.imports, name="imports"),
    re_path(
        r"^import/template\.(?P<kind>csv|xlsx)$",
        import_views.import_template,
        name="import_template",
    ),
    path("import/<str:code>/", import_views.import_page, name="import"),
    path("import/<str:code>/progress/", import_views.import_progress, name="import_progress"),
    path("import/<str:code>/problems.csv", import_views.import_problems, name="import_problems"),
    path(
        "import/<str:code>/application/",
        import_views.import_application,
        name="import_application",
    ),
    path(
        "import/<str:code>/cancellation/",
        import_views.import_cancellation,
        name="import_cancellation",
    ),
    path("<str:code>/", change_views.subscription, name="subscription"),
    path("<str:code>/editing/", views.subscription_editing, name="subscription_editing"),
    path("<str:code>/signatures/", views.subscription_signatures, name="subscription_signatures"),
    path("<str:code>/seats/", change_views.subscription_seats, name="subscription_seats"),
    path("<str:code>/product/", change_views.subscription_product, name="subscription_product"),
    path("<str:code>/term/", change_views.subscription_term, name="subscription_term"),
    path(
        "<str:code>/conversion/",
        change_views.subscription_conversion,
        name="subscription_conversion",
    ),
    path("<str:code>/hold/", change_views.subscription_hold, name="subscription_hold"),
    path(
        "<str:code>/resumption/",
        change_views.subscription_resumption,
        name="subscription_resumption",
    ),
    path(
        "<str:code>/cancellation/",
        change_views.subscription_cancellation,
        name="subscription_cancellation",
    ),
    path("<str:code>/end/", change_views.subscription_end, name="subscription_end"),
    path(
        "<str:code>/reactivation/",
        change_views.subscription_reactivation,
        name="subscription_reactivation",
    ),
    path(
        "<str:code>/cancellation/removal/",
        change_views.subscription_cancellation_removal,
        name="subscription_cancellation_removal",
    ),
    path(
        "<str:code>/changes/<str:what>/removal/",
        change_views.subscription_change_removal,
        name="subscription_change_removal",
    ),
    path("<str:code>/history.csv", change_views.subscription_history, name="subscription_history"),
]
