"""What runs elsewhere: settings, headers, migrations, compose and image files, health."""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from audit.models import Entry

ROOT = Path(__file__).parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PRODUCTION = {
    "PORTAL_MODE": "production",
    "SECRET_KEY": "Qm3vX9sTq7WzB4nRk8LpYc2HdJf6GtUaEi5OxZ1-_PrWsVb0Ny",
    "INVITATION_KEYS": "k1:3f9a1c7be2d84650b1f7c3e9a2d5486f70e1b8c4d9a35f2e6c7b081d94fa253e",
    "SECOND_FACTOR_KEYS": "k1:9a1c7be2d84650b1f7c3e9a2d5486f70e1b8c4d9a35f2e6c7b081d94fa253e3f",
    "DATABASE_URL": "postgres://portal:x@db.example/portal",
    "REDIS_URL": "redis://queue.example/0",
    "EMAIL_URL": "smtp+tls://portal:x@mail.example:587",
    "BASE_URL": "https://portal.example",
    "ALLOWED_HOSTS": "portal.example",
    "ADMIN_PATH": "hinterhof-4711",
}


def manage(environment: dict, *command: str) -> subprocess.CompletedProcess:
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=bare | {"VAR": "/nowhere"} | environment,
        capture_output=True,
        text=True,
    )


def test_production_settings_pass_the_deploy_check_without_a_warning():
    done = manage(PRODUCTION, "check", "--deploy", "--fail-level", "WARNING")
    assert (done.returncode, done.stderr.strip().splitlines()[-1:]) == (0, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "only-for-development-only-for-development-only-for-dev"),
        ("INVITATION_KEYS", None),
        ("INVITATION_KEYS", "k1:zz"),
        ("INVITATION_KEYS", "k1:0011"),
        ("DATABASE_URL", None),
        ("DATABASE_URL", "sqlite:///portal.db"),
        ("REDIS_URL", None),
        ("EMAIL_URL", None),
        ("BASE_URL", "http://portal.example"),
        ("ALLOWED_HOSTS", "*"),
        ("ADMIN_PATH", None),
        ("TEST_CLOCK", "1"),
        ("MAIL_HASTE", "30"),
        ("PORTAL_MODE", "staging"),
    ],
)
def test_production_refuses_to_start_and_names_the_setting_not_its_value(name, value):
    environment = {key: each for key, each in (PRODUCTION | {name: value}).items() if each}
    done = manage(environment, "check")
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode != 0
    assert name in last
    if value and value not in {"*", "1", "30", "staging"}:
        assert value not in last


def test_a_secret_can_lie_in_a_file(tmp_path):
    (tmp_path / "key").write_text(PRODUCTION["SECRET_KEY"] + "\n")
    environment = PRODUCTION | {"SECRET_KEY_FILE": str(tmp_path / "key")}
    del environment["SECRET_KEY"]
    assert manage(environment, "check").returncode == 0


def test_compose_follows_its_schema():
    done = subprocess.run(
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
        cwd=ROOT,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_the_image_file_is_clean():
    program = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [program, "--ignore", "DL3008", "Dockerfile"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "USER 10001" in (ROOT / "Dockerfile").read_text()


def test_every_variable_compose_sets_is_one_that_settings_read():
    read = (ROOT / "reseller_portal/settings.py").read_text()
    for name in COMPOSE["x-portal"]["environment"]:
        assert f'"{name}"' in read, name


def test_every_setting_is_in_the_documentation():
    source = (ROOT / "reseller_portal/settings.py").read_text()
    listed = (ROOT / "docs/settings.md").read_text()
    for name in set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source)):
        assert f"`{name}`" in listed, name


@pytest.mark.parametrize("service", ["web", "worker", "scheduler", "setup"])
def test_the_command_line_of_each_service_is_one_its_program_takes(service):
    command = list(COMPOSE["services"][service]["command"])
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    if command[0] == "gunicorn":
        command.append("--check-config")
    elif command[0] == "celery":
        command.append("--help")
    else:
        command = ["sh", "-c", "python manage.py migrate --help && python manage.py seed --help"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_service_of_ours_runs_without_rights_and_read_only():
    for name in ("web", "worker", "scheduler", "setup"):
        service = COMPOSE["services"][name]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())
    assert connection.vendor == "postgresql"


def test_static_files_can_be_collected(tmp_path):
    environment = {
        "PORTAL_MODE": "demo",
        "SECRET_KEY": "x" * 50,
        "INVITATION_KEYS": "k1:3f9a1c7be2d84650b1f7c3e9a2d5486f70e1b8c4d9a35f2e6c7b081d94fa253e",
        "SECOND_FACTOR_KEYS": "k1:9a1c7be2d84650b1f7c3e9a2d5486f70e1b8c4d9a35f2e6c7b081d94fa253e3f",
        "STATIC_ROOT": str(tmp_path / "static"),
    }
    done = manage(environment, "collectstatic", "--noinput")
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "static/css").glob("portal.*.css"))


@pytest.mark.parametrize("address", ["/", "/sign-in/", "/nothing/", "/healthz", "/subscriptions/"])
def test_every_answer_carries_the_headers(client, cast, address):
    client.force_login(cast.anna)
    response = client.get(address)
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    for name in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert name in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in response["Permissions-Policy"]


def test_a_forged_host_is_refused_with_the_policy(client):
    response = client.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "Content-Security-Policy" in response


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "javascript:alert(1)"]
)
def test_preferences_lead_to_no_other_site(client, db, target):
    response = client.post(reverse("set_preferences"), {"language": "de", "next": target})
    assert response["Location"] == "/"


@pytest.mark.django_db
@pytest.mark.parametrize("sql", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"])
def test_the_database_refuses_to_change_history(cast, sql):
    assert Entry.objects.count()
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        connection.cursor().execute(sql)


@pytest.mark.django_db
def test_the_database_refuses_a_row_that_points_across_resellers(cast):
    cast.bakery_subscription.reseller = cast.suedwind
    cast.bakery_subscription.save()
    with pytest.raises(DatabaseError, match="same_reseller"):
        connection.check_constraints()


def test_no_template_has_inline_code():
    for file in (ROOT / "templates").rglob("*.html"):
        if "email" not in file.parts:
            text = file.read_text()
            assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", text), file


@pytest.mark.parametrize("name", ["requirements-demo.txt", "requirements-dev.txt"])
def test_what_the_portal_runs_on_is_installed_for_the_demo_and_the_tests_too(name):
    def pinned(file: str) -> set[str]:
        text = (ROOT / file).read_text(encoding="utf-8")
        return set(re.findall(r"^([A-Za-z0-9_.-]+(?:\[[^]]*\])?==[^ ;]+)", text, re.MULTILINE))

    assert pinned("requirements.txt") - pinned(name) == set()
    named = {
        re.split(r"[\[=<> ]", line)[0].lower().replace("_", "-")
        for line in (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    }
    assert named <= {each.split("==")[0].split("[")[0].lower() for each in pinned(name)}
