"""The checks of ``./dev lint``: each returns what it found, empty when all is well."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from console import Trouble, run_logged, say
from layout import ADDON, Layout

_PRETTIER = ("prettier@3.6.2", "@prettier/plugin-xml@3.4.2")
_PRETTIER_OPTIONS = (
    "--plugin=@prettier/plugin-xml",
    "--xml-whitespace-sensitivity=preserve",
    "--print-width=88",
    "--tab-width=4",
)
_XML_HEADER = '<?xml version="1.0" encoding="UTF-8" ?>\n'
# Absolute paths into somebody's home or work folder, and hosts of package registries:
# the first hold on one machine only, the second are for each machine's settings to say.
_PRIVATE_PATH = re.compile(r"(?<![\w.:/})-])/(?:home|root|Users|work|workspace)/[\w.]")
_REGISTRY = re.compile(
    r"(?:deb|snapshot|ftp)[.]debian[.]org|(?:test[.])?pypi[.]org|python"
    r"hosted[.]org|registry[.](?:npmjs|yarnpkg)[.]"
)


@dataclass(frozen=True)
class Sources:
    """What is checked, and with which Python."""

    layout: Layout
    python: Path
    files: list[Path]
    fix: bool = False

    def named(self, *suffixes: str) -> list[Path]:
        """The files with one of these suffixes."""
        return [path for path in self.files if path.suffix in suffixes]

    def tool(self, name: str, *words: str | Path, cwd: Path | None = None) -> str:
        """Run a program of the environment; its output if it found something."""
        command = [str(self.python.parent / name), *map(str, words)]
        return found(command, cwd or self.layout.root)


def found(command: list[str], folder: Path) -> str:
    """Run a linter; what it printed if it was not content."""
    result = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if not result.returncode:
        return ""
    return result.stdout.strip() or f"{command[0]}: exit code {result.returncode}"


def ruff(sources: Sources) -> str:
    """Python's style"""
    cache = f"--cache-dir={sources.layout.dev / 'ruff'}"
    fix = ["--fix"] if sources.fix else []
    return sources.tool("ruff", "check", cache, "--output-format=concise", *fix, ".")


def layout_of_python(sources: Sources) -> str:
    """Python's layout"""
    cache = f"--cache-dir={sources.layout.dev / 'ruff'}"
    mode = [] if sources.fix else ["--check"]
    return sources.tool("ruff", "format", cache, *mode, ".")


def pylint(sources: Sources) -> str:
    """Odoo's own rules for Python"""
    # these folders hold programs: they print, and know nothing of models
    files = [p for p in sources.named(".py") if p.parts[0] not in ("tools", "bench")]
    return sources.tool("pylint", "--rcfile=.pylintrc", *files) if files else ""


def types(sources: Sources) -> str:
    """types of the tools and of the kernel"""
    options = ("--strict", "--python-version=3.11", "--no-error-summary")
    cache = f"--cache-dir={sources.layout.dev / 'mypy'}"
    tools = sources.layout.root / "tools"
    # the root is a package, but not one that the tools belong to
    alone = ("--explicit-package-bases", "--exclude=^tests/")
    findings = sources.tool("mypy", *options, cache, *alone, ".", cwd=tools)
    kernel = _python_in(sources, "costing")
    if kernel:
        # its twins in SQL import odoo.tools, which carries no types
        lenient = ("--ignore-missing-imports", "--follow-imports=silent")
        findings += sources.tool("mypy", *options, cache, *lenient, *kernel)
    return findings


def _python_in(sources: Sources, folder: str) -> list[Path]:
    return [path for path in sources.named(".py") if path.parts[0] == folder]


def oca(sources: Sources) -> str:
    """the OCA's rules for modules"""
    with tempfile.TemporaryDirectory() as folder:
        # In a repository whose root is the addon the tool finds no manifest and is
        # content with everything: it gets a copy in the folder structure it expects.
        module = Path(folder) / "addons" / ADDON
        for path in sources.files:
            (module / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(sources.layout.root / path, module / path)
        planted = Path(folder) / "addons" / "planted"
        _plant_defect(planted)
        for command in (["git", "init", "-q", "."], ["git", "add", "-A"]):
            subprocess.run(command, cwd=folder, check=True)
        if not sources.tool("oca-checks-odoo-module", planted, cwd=Path(folder)):
            return "oca-checks-odoo-module no longer finds a defect planted on purpose."
        # the README is Markdown, which Odoo and code hosts show as well
        options = ("--disable", "prefer-readme-rst")
        return sources.tool(
            "oca-checks-odoo-module", *options, module, cwd=Path(folder)
        )


def _plant_defect(module: Path) -> None:
    """A module whose data file is not as it should be."""
    (module / "data").mkdir(parents=True)
    manifest = {"name": "Planted", "license": "LGPL-3", "data": ["data/bad.xml"]}
    (module / "__manifest__.py").write_text(repr(manifest))
    (module / "__init__.py").touch()
    record = '<record id="planted.it" model="res.partner"/>'
    (module / "data" / "bad.xml").write_text(
        f"{_XML_HEADER}<odoo><data>{record}</data></odoo>\n"
    )


def xml(sources: Sources) -> str:
    """XML is well-formed and begins with the usual header"""
    findings = []
    for path in sources.named(".xml"):
        text = (sources.layout.root / path).read_text()
        try:
            ElementTree.fromstring(text.encode())
        except ElementTree.ParseError as error:
            findings.append(f"{path}: {error}")
        if not text.startswith(_XML_HEADER):
            findings.append(f"{path}: must begin with {_XML_HEADER.strip()}")
    return "\n".join(findings)


def prettier(sources: Sources) -> str:
    """XML's layout (needs npm)"""
    files = sources.named(".xml")
    if not files:
        return ""
    if not shutil.which("npm"):
        say("           npm is not installed: the layout of XML is not checked.")
        return ""
    program = _prettier_program(sources.layout)
    mode = "--write" if sources.fix else "--check"
    paths = [str(sources.layout.root / path) for path in files]
    # run where its plugin can be found
    command = [str(program), mode, *_PRETTIER_OPTIONS, "--log-level=warn", *paths]
    return found(command, program.parents[2])


def _prettier_program(layout: Layout) -> Path:
    folder = layout.cache / "prettier"
    program = folder / "node_modules" / ".bin" / "prettier"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--no-save"]
        try:
            run_logged(
                [*command, "--prefix", str(folder), *_PRETTIER],
                layout.logs / "prettier.log",
                what="npm install",
                cwd=folder,
            )
        except Trouble as error:
            raise Trouble(
                "prettier could not be installed by npm: connect this machine to the "
                "network, or name the other checks (see ./dev lint --help)."
            ) from error
    return program


def paths(sources: Sources) -> str:
    """no path of one machine, no host of a package registry"""
    findings = []
    for path in sources.files:
        try:
            lines = (sources.layout.root / path).read_text().splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            match = _PRIVATE_PATH.search(line) or _REGISTRY.search(line)
            if match:
                findings.append(f"{path}:{number}: {match[0]}")
    return "\n".join(findings)


CHECKS: dict[str, Callable[[Sources], str]] = {
    "ruff": ruff,
    "format": layout_of_python,
    "pylint": pylint,
    "types": types,
    "oca": oca,
    "xml": xml,
    "prettier": prettier,
    "paths": paths,
}
