"""The pages of a customer's signature area."""

from django.urls import path

from signatures import (
    check_views,
    design_views,
    group_views,
    import_views,
    people_views,
    rule_views,
    version_views,
    views,
)

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
    path("<str:code>/brand/", design_views.brand, name="brand"),
    path("<str:code>/designs/", design_views.designs, name="designs"),
    path("<str:code>/designs/new/", design_views.new_design, name="new_design"),
    path("<str:code>/designs/pasted/", design_views.pasted_design, name="pasted_design"),
    path("<str:code>/designs/<str:design_code>/", design_views.design, name="design"),
    path(
        "<str:code>/designs/<str:design_code>/copy/", design_views.design_copy, name="design_copy"
    ),
    path(
        "<str:code>/designs/<str:design_code>/versions/",
        version_views.design_versions,
        name="design_versions",
    ),
    path(
        "<str:code>/designs/<str:design_code>/versions/<int:number>/frame/",
        version_views.version_frame,
        name="version_frame",
    ),
    path(
        "<str:code>/designs/<str:design_code>/versions/<int:number>/restoration/",
        version_views.version_restoration,
        name="version_restoration",
    ),
    path(
        "<str:code>/designs/<str:design_code>/check/", check_views.design_check, name="design_check"
    ),
    path(
        "<str:code>/designs/<str:design_code>/check/frame/",
        check_views.check_frame,
        name="design_check_frame",
    ),
    path(
        "<str:code>/designs/<str:design_code>/frame/",
        design_views.design_frame,
        name="design_frame",
    ),
    path(
        "<str:code>/designs/<str:design_code>/removal/",
        design_views.design_removal,
        name="design_removal",
    ),
    path(
        "<str:code>/templates/<str:template>/", design_views.template_frame, name="template_frame"
    ),
    path(
        "<str:code>/rollout/<str:person_code>/frame/",
        views.signature_frame,
        name="signature_frame",
    ),
]
