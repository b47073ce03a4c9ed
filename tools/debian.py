"""Debian packages through the machine's own apt client.

``PrivateApt`` fetches from another suite into a private folder: address and keyring
come from the machine's own sources, signatures are enforced, and the system's sources,
lists and installed packages stay as they are.  ``install`` is the plain ``apt-get
install`` for the programs that a test run needs and only root can add.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from console import Trouble, run_logged

_SOURCES = Path("/etc/apt")

# Dir::* and the update hooks are replaced; proxy and certificates of the machine hold.
_CONFIGURATION = """\
Dir::Etc::sourcelist "{folder}/private.sources";
Dir::Etc::sourceparts "{folder}/none";
Dir::Etc::preferences "{folder}/empty";
Dir::Etc::preferencesparts "{folder}/none";
Dir::State "{folder}/state";
Dir::State::lists "{folder}/state/lists";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Log "{folder}/log";
APT::Architecture "{architecture}";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Retries "3";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
"""


def available() -> bool:
    """Whether this machine has Debian's package tools."""
    return all(shutil.which(name) for name in ("apt-get", "dpkg-deb", "dpkg"))


def machine_architecture() -> str:
    """Debian's name of this machine's architecture."""
    result = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    )
    return result.stdout.strip()


def _deb822(text: str) -> Iterator[dict[str, str]]:
    for block in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        key = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in (" ", "\t") and key:
                fields[key] += "\n" + line
            elif ":" in line:
                key, value = line.split(":", 1)
                key = key.strip().lower()
                fields[key] = value.strip()
        if fields:
            yield fields


def _one_line(text: str) -> Iterator[dict[str, str]]:
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)", line)
        if match:
            options = dict(
                option.split("=", 1)
                for option in (match[1] or "").split()
                if "=" in option
            )
            yield {
                "types": "deb",
                "uris": match[2],
                "suites": match[3],
                "components": match[4].strip(),
                "signed-by": options.get("signed-by", ""),
            }


def _stanzas() -> Iterator[dict[str, str]]:
    parts = _SOURCES / "sources.list.d"
    files = [_SOURCES / "sources.list"]
    files += sorted([*parts.glob("*.sources"), *parts.glob("*.list")])
    for path in files:
        try:
            text = path.read_text()
        except OSError:
            continue
        yield from _deb822(text) if path.suffix == ".sources" else _one_line(text)


def _is_archive(stanza: dict[str, str]) -> bool:
    """A Debian archive with a base suite, not security or updates alone."""
    return (
        stanza.get("enabled", "yes").lower() != "no"
        and "deb" in stanza.get("types", "").split()
        and "main" in stanza.get("components", "").split()
        and "security" not in stanza.get("uris", "")
        and any(re.fullmatch("[a-z]+", s) for s in stanza.get("suites", "").split())
    )


def _archive() -> dict[str, str]:
    for stanza in _stanzas():
        if _is_archive(stanza):
            return stanza
    raise Trouble(
        "This machine's apt sources name no Debian archive: "
        "set ODOO_PATH to a checkout of Odoo 19.0."
    )


@dataclass(frozen=True)
class PrivateApt:
    """An apt client with its own sources, lists and cache under ``folder``."""

    folder: Path
    suites: tuple[str, ...] = ()

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "APT_CONFIG": str(self.folder / "apt.conf")}

    def set_up(self, status: Path | None = None) -> None:
        """Write the configuration; ``status`` names the packages already installed."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("state/lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True)
        for name in ("none", "log", "deb"):
            (self.folder / name).mkdir()
        (self.folder / "empty").touch()
        (self.folder / "status").write_bytes(status.read_bytes() if status else b"")
        stanza = _archive()
        suites = " ".join(self.suites) or stanza["suites"]
        lines = ["Types: deb", f"URIs: {stanza['uris'].split()[0]}"]
        lines += [f"Suites: {suites}", "Components: main"]
        if stanza.get("signed-by"):
            lines.append(f"Signed-By: {stanza['signed-by']}")
        (self.folder / "private.sources").write_text("\n".join(lines) + "\n")
        text = _CONFIGURATION.format(
            folder=self.folder, architecture=machine_architecture()
        )
        (self.folder / "apt.conf").write_text(text)

    def run(self, arguments: Iterable[str], log: Path, what: str) -> None:
        """Run ``apt-get`` with the private configuration."""
        run_logged(
            ["apt-get", "-q", *arguments],
            log,
            what=what,
            env=self._environment(),
            cwd=self.folder / "deb",
        )


def unpack(package: Path, folder: Path, exclude: Iterable[str] = ()) -> None:
    """Unpack the files of a .deb into ``folder`` without installing it."""
    options = [f"--exclude={pattern}" for pattern in exclude]
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE
    ) as stream:
        subprocess.run(
            ["tar", "-x", "-C", str(folder), "--no-same-owner", *options],
            stdin=stream.stdout,
            check=True,
        )
    if stream.returncode:
        raise Trouble(f"{package.name} could not be unpacked: delete it and try again.")


def install(packages: Iterable[str], log: Path) -> None:
    """Install ``packages`` system-wide (root only), refreshing apt's lists first."""
    _refresh_lists(log.with_name("apt-update.log"))
    names = list(packages)
    run_logged(
        ["apt-get", "-q", "-y", "install", "--no-install-recommends", *names],
        log,
        what=f"apt-get install {' '.join(names)}",
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )


@functools.cache
def _refresh_lists(log: Path) -> None:
    what = "apt-get update (is the network there?)"
    run_logged(["apt-get", "-q", "update"], log, what=what)
