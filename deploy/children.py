"""The portal's processes: started together, watched, stopped in order."""

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.demo import ROOT
from deploy.processes import StartError, spawn, stop, stop_left_over, tail, write_private


@dataclass
class Child:
    """One process of the portal, and how to treat it."""

    name: str
    command: list[str]
    log: Path
    patience: float = 10  # seconds to end by itself after SIGTERM
    death_signal: signal.Signals = signal.SIGTERM
    restarts: int = 0  # how often it may die and be started again
    process: subprocess.Popen | None = field(default=None, init=False)

    def spawn(self, settings: Mapping[str, str]) -> subprocess.Popen:
        """Start it, and return its process."""
        self.process = spawn(
            self.command,
            log=self.log,
            death_signal=self.death_signal,
            env=dict(settings),
            cwd=ROOT,
        )
        return self.process

    def stop(self) -> None:
        """End it, if it runs."""
        if self.process:
            stop(self.process, by=signal.SIGTERM, patience=self.patience)


class Children:
    """The running processes, also written down for a start that follows a killed one."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.running: list[Child] = []

    def start(self, child: Child, settings: Mapping[str, str]) -> None:
        """Start `child`; it is stopped before those started earlier."""
        child.log.unlink(missing_ok=True)
        child.spawn(settings)
        self.running.append(child)
        self._write_down()

    def look_after(self, settings: Mapping[str, str]) -> None:
        """Start again what died and may. Raises StartError about what may not."""
        for child in self.running:
            if child.process is None or child.process.poll() is None:
                continue
            if not child.restarts:
                end = f"The process {child.name} ended unexpectedly; so everything is stopped."
                raise StartError(f"{end}\nThe end of {child.log}:\n{tail(child.log)}")
            child.restarts -= 1
            print(f"The process {child.name} ended and is started again.", file=sys.stderr)
            child.spawn(settings)
            self._write_down()

    def stop(self) -> None:
        """End all of them, the last started first."""
        while self.running:
            self.running.pop().stop()
        self.file.unlink(missing_ok=True)

    def end_left_over(self) -> None:
        """End what a killed start left running, or wait until it has ended by itself."""
        if not self.file.exists():
            return
        for pid, command in json.loads(self.file.read_text()).items():
            stop_left_over(int(pid), command_has=command, by=signal.SIGTERM, patience=10)
        self.file.unlink()

    def _write_down(self) -> None:
        known = {
            child.process.pid: " ".join(child.command) for child in self.running if child.process
        }
        write_private(self.file, json.dumps(known))
