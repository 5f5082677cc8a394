#!/usr/bin/env python3
"""Make `.venv`, with every package in the pinned version, and start what was asked for there.

    python3 deploy/install.py run|test|bench|faults|packages [more words for the program]

Needs nothing but Python's own library. It must also compile on Pythons too old for the portal,
which would otherwise answer with a syntax error instead of a sentence.
"""

import ctypes.util
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# What .venv holds: the kind of packages, and the hash of the file that lists them.
STAMP = VENV / "installed"
OLDEST = (3, 11)
PROGRAMS = {
    "run": ["-m", "deploy.run"],
    # Two at a time: half of a test is waiting for servers and the browser.
    "test": ["-m", "pytest", "-n", "2", "--dist", "loadfile"],
    "bench": ["-m", "deploy.throwaway", "--mode=demo", "--migrated", "manage.py", "bench"],
    "faults": ["-m", "deploy.faults"],
    "packages": [],
}
BROWSERS = ("chromium", "google-chrome", "chromium-browser", "google-chrome-stable")


def main() -> None:
    """Do what the command line says, or end with one sentence."""
    task = sys.argv[1] if len(sys.argv) > 1 else ""
    if task not in PROGRAMS:
        sys.exit("Say which: python3 deploy/install.py " + "|".join(PROGRAMS))
    use_a_new_enough_python()
    os.chdir(ROOT)
    try:
        install("demo" if task == "run" else "dev")
        if task == "test":
            os.environ["CHROMIUM"] = browser()
    except subprocess.CalledProcessError as error:
        sys.exit("Stopped, because this failed: " + " ".join(map(str, error.cmd)))
    except KeyboardInterrupt:
        sys.exit("Stopped.")
    if PROGRAMS[task]:
        # In place of this process, so that signals reach the program itself.
        os.execv(str(PYTHON), [str(PYTHON), *PROGRAMS[task], *sys.argv[2:]])  # noqa: S606


def use_a_new_enough_python() -> None:
    """Go on under a newer Python of this machine when this one is too old."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(14, OLDEST[1] - 1, -1):
        newer = shutil.which("python3.%d" % minor)  # noqa: UP031
        if newer:
            os.execv(newer, [newer, *sys.argv])  # noqa: S606
    sys.exit("The portal needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")


def install(kind: str) -> None:
    """Bring .venv up to date with requirements-demo.txt or requirements-dev.txt.

    The packages of "dev" contain those of "demo", so a .venv for "dev" is never reduced.
    """
    # The folder itself serves as the lock: two commands at once install one after the other.
    lock = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        usable = is_usable()
        had = STAMP.read_text() if usable and STAMP.exists() else ""
        if had.startswith("dev "):
            kind = "dev"
        requirements = "requirements-%s.txt" % kind  # noqa: UP031
        wanted = kind + " " + hashlib.sha256((ROOT / requirements).read_bytes()).hexdigest()
        if had == wanted:
            return
        if not usable:
            make_venv()
        print("Installing the packages of", requirements, "into .venv …", flush=True)
        install_packages(requirements)
        STAMP.write_text(wanted)
    finally:
        os.close(lock)


def is_usable() -> bool:
    """Whether .venv is there and its Python still works, which an upgrade of Python may end."""
    if not os.access(PYTHON, os.X_OK):
        return False
    check = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([PYTHON, "-c", check], stderr=subprocess.DEVNULL).returncode == 0


def make_venv() -> None:
    """Make an empty .venv, first getting Debian's missing package if we may."""
    version = "%d.%d" % sys.version_info[:2]  # noqa: UP031
    package = "python" + version + "-venv"
    if not has_venv():
        if not (os.geteuid() == 0 and shutil.which("apt-get")):
            sys.exit(
                "This Python cannot make virtual environments yet; on Debian or Ubuntu, run"
                " `sudo apt-get install " + package + "` and try again."
            )
        apt_get(package)
        if not has_venv():
            sys.exit("This Python (" + sys.executable + ") has no working `venv` module.")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)


def has_venv() -> bool:
    """Whether Python can make a virtual environment; Debian ships these two modules apart."""
    importlib.invalidate_caches()
    return all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))


def install_packages(requirements: str) -> None:
    """Install exactly what `requirements` lists, each file checked against its hash."""
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", "requirements-uv.txt"], check=True)
    uv = [str(VENV / "bin" / "uv"), "pip", "sync", "--quiet", "--require-hashes"]
    if subprocess.run([*uv, "--python", str(PYTHON), requirements]).returncode:
        # pip knows the mirrors and certificates of some offices that uv does not know.
        print("uv did not succeed; trying again with pip, which takes longer …", flush=True)
        subprocess.run([*pip, "--require-hashes", "-r", requirements], check=True)


def browser() -> str:
    """Return where Chromium is, got from Debian if we may; a test run without it would be half."""
    names = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else BROWSERS
    found = [path for path in map(shutil.which, names) if path]
    may_install = os.geteuid() == 0 and is_debian()
    if not found and names is BROWSERS and may_install:
        apt_get("chromium")
        found = [path for path in [shutil.which("chromium")] if path]
    # Playwright drives the browser with a Node.js of its own, which a bare Debian cannot load.
    if may_install and not ctypes.util.find_library("atomic"):
        apt_get("libatomic1")
    if not found:
        sys.exit(
            "The tests need Chromium: install it (on Debian: `sudo apt-get install chromium`), or"
            " set CHROMIUM to the path of Chromium or Chrome."
        )
    return found[0]


def is_debian() -> bool:
    """Whether this is Debian itself, where the package `chromium` is the browser and no stub."""
    try:
        lines = Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return False
    return "ID=debian" in lines and shutil.which("apt-get") is not None


def apt_get(package: str) -> None:
    """Install a Debian package, as root."""
    print("Installing Debian's package", package, "…", flush=True)
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for words in (["update"], ["install", "-y", "--no-install-recommends", package]):
        subprocess.run(["apt-get", "-qq", *words], check=True, env=environment)


if __name__ == "__main__":
    main()
