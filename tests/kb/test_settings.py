from pathlib import Path

import pytest

from kb.errors import SettingsError
from kb.settings import read_settings


def test_defaults_need_no_file_and_no_environment(tmp_path: Path) -> None:
    settings = read_settings({}, home=tmp_path)
    assert settings.home == tmp_path
    assert settings.collection == "default"
    assert settings.model.base_url == ""
    assert settings.serve.host == "127.0.0.1"


def test_the_file_is_overridden_by_the_environment(tmp_path: Path) -> None:
    (tmp_path / "ibid.toml").write_text('collection = "法律"\n[serve]\nport = 9000\n[model]\nname = "a"\n', "utf-8")
    settings = read_settings({"IBID_HOME": str(tmp_path), "IBID_SERVE_PORT": "9001"})
    assert (settings.collection, settings.serve.port, settings.model.name) == ("法律", 9001, "a")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("colection = 'a'", "colection"),
        ("[serve]\nprt = 1", "serve.prt"),
        ("[serve]\nport = 'many'", "serve.port"),
        ("[serve]\nport = true", "serve.port"),
        ("[model]\nname = 3", "model.name"),
        ("[serve", "ibid.toml"),
        ("collection = 3", "setting collection in"),
        ("serve = 3", "stand below [serve]"),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "ibid.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=r"ibid\.toml") as error:
        read_settings({}, home=tmp_path)
    assert named in str(error.value)


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="environment"):
        read_settings({"IBID_LIMITS_MAX_FILE_MB": "lots"}, home=tmp_path)
