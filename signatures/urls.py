"""The pages of a customer's signature area."""

from django.urls import path

from signatures import check_views, group_views, import_views, people_views, rule_views, views

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
    path(
        "<str:code>/people/<str:person_code>/rules/", rule_views.person_rules, name="person_rules"
    ),
    path("<str:code>/imports/new/", import_views.new_import, name="new_import"),
    path(
        "<str:code>/imports/template.<str:kind>",
        import_views.people_import_template,
        name="people_import_template",
    ),
    path("<str:code>/imports/<str:import_code>/", import_views.people_import, name="people_import"),
    path(
        "<str:code>/imports/<str:import_code>/application/",
        import_views.people_import_application,
        name="people_import_application",
    ),
    path(
        "<str:code>/imports/<str:import_code>/removal/",
        import_views.people_import_removal,
        name="people_import_removal",
    ),
    path("<str:code>/groups/", group_views.groups, name="groups"),
    path("<str:code>/groups/<str:group_code>/", group_views.group, name="group"),
    path(
        "<str:code>/groups/<str:group_code>/removal/",
        group_views.group_removal,
        name="group_removal",
    ),
    path("<str:code>/departments/", group_views.departments, name="departments"),
    path("<str:code>/fields/", group_views.fields, name="own_fields"),
    path(
        "<str:code>/fields/<str:field_key>/removal/",
        group_views.field_removal,
        name="own_field_removal",
    ),
    path("<str:code>/rules/", rule_views.rules, name="rules"),
    path("<str:code>/rules/new/", rule_views.new_rule, name="new_rule"),
    path("<str:code>/rules/calendar/", rule_views.rule_calendar, name="rule_calendar"),
    path("<str:code>/rules/<str:rule_code>/", rule_views.rule, name="rule"),
    path("<str:code>/rules/<str:rule_code>/place/", rule_views.rule_place, name="rule_place"),
    path("<str:code>/rules/<str:rule_code>/removal/", rule_views.rule_removal, name="rule_removal"),
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
