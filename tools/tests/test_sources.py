"""Where Odoo, Debian's archive and PostgreSQL are looked for."""

import pytest

import debian
import odoo_source
import postgres
from console import Trouble
from layout import Layout


def _odoo(folder, version):
    (folder / "odoo").mkdir(parents=True)
    text = f"version_info = ({version}, 0, 'final', 0, '')\n"
    (folder / "odoo" / "release.py").write_text(text)


@pytest.mark.parametrize("inside", ["", "usr/lib/python3/dist-packages"])
def test_odoo_path_may_be_a_checkout_or_an_unpacked_package(
    tmp_path, monkeypatch, inside
):
    _odoo(tmp_path / inside, "19, 0")
    monkeypatch.setenv("ODOO_PATH", str(tmp_path))
    found = odoo_source.find(Layout(tmp_path))
    assert found.path == (tmp_path / inside).resolve()


def test_another_version_of_odoo_is_refused(tmp_path, monkeypatch):
    _odoo(tmp_path, "18, 0")
    monkeypatch.setenv("ODOO_PATH", str(tmp_path))
    with pytest.raises(Trouble, match=r"needs Odoo 19\.0.* is 18\.0"):
        odoo_source.find(Layout(tmp_path))


def test_a_folder_without_odoo_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_PATH", str(tmp_path))
    with pytest.raises(Trouble, match="holds no Odoo"):
        odoo_source.find(Layout(tmp_path))


def test_without_apt_the_user_is_told_to_set_odoo_path(tmp_path, monkeypatch):
    monkeypatch.delenv("ODOO_PATH", raising=False)
    monkeypatch.setattr(debian, "available", lambda: False)
    monkeypatch.setattr(odoo_source, "_importable", lambda: None)
    monkeypatch.setenv("BACKFLUSH_CACHE", str(tmp_path))
    with pytest.raises(Trouble, match="no apt .* set ODOO_PATH"):
        odoo_source.find(Layout(tmp_path))


_DEB822 = """\
# the machine's own
Types: deb
URIs: http://mirror.example/security
Suites: stable-security
Components: main

Types: deb deb-src
URIs: http://mirror.example/debian
Suites: stable stable-updates
Components: main contrib
Signed-By: /usr/share/keyrings/archive.gpg
"""


def test_the_base_archive_is_found_among_deb822_stanzas(tmp_path, monkeypatch):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "debian.sources").write_text(_DEB822)
    monkeypatch.setattr(debian, "_SOURCES", tmp_path)
    stanza = debian._archive()
    assert stanza["uris"] == "http://mirror.example/debian"
    assert stanza["signed-by"] == "/usr/share/keyrings/archive.gpg"


def test_the_base_archive_is_found_among_one_line_sources(tmp_path, monkeypatch):
    line = (
        "deb [signed-by=/k.gpg arch=amd64] http://mirror.example/debian stable main\n"
    )
    (tmp_path / "sources.list").write_text(line)
    monkeypatch.setattr(debian, "_SOURCES", tmp_path)
    assert debian._archive()["signed-by"] == "/k.gpg"


def test_no_archive_is_said_in_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(debian, "_SOURCES", tmp_path)
    with pytest.raises(Trouble, match="name no Debian archive"):
        debian._archive()


def test_a_database_url_names_the_server(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:s%40e@db.example:5433/x")
    server = postgres.named_server()
    assert server.variables == {
        "PGHOST": "db.example",
        "PGPORT": "5433",
        "PGUSER": "ann",
        "PGPASSWORD": "s@e",
    }


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://postgres@localhost"])
def test_urls_that_odoo_could_not_use_are_refused(monkeypatch, url):
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(Trouble):
        postgres.named_server()
