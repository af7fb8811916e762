"""Settings come from a file, the environment and arguments, and every fault is named at once."""

import pytest

from taktnet.app.settings import FIELDS, Settings
from taktnet.base.errors import InputFaults


def test_defaults_need_no_file():
    """A tower starts with nothing set: loopback, no token, signals into a folder."""
    settings = Settings.read(env={})
    assert settings == Settings()
    assert settings.host == "127.0.0.1"
    assert settings.token == ""
    assert settings.channels["default"].kind == "files"


def test_argument_over_environment_over_file(tmp_path):
    """An argument wins over the environment, the environment over the file."""
    file = tmp_path / "tower.toml"
    file.write_text('port = 1\ntenant = "file"\ngrace_s = 1.5\nhosts = ["a", "b"]\n')
    env = {"TAKTNET_PORT": "2", "TAKTNET_TENANT": "env"}
    settings = Settings.read(file, env, port=3, tenant=None)
    assert (settings.port, settings.tenant, settings.grace_s) == (3, "env", 1.5)
    assert settings.hosts == ("a", "b")


def test_every_fault_at_once(tmp_path):
    """Unknown names, wrong types, values out of range and bad channels are all reported."""
    file = tmp_path / "tower.toml"
    file.write_text(
        'port = "x"\nspeed = 1\nstale = "never"\ngroup_events = 0\n'
        '[channels.S1]\nkind = "webhook"\nurl = "ftp://x"\ncolour = "red"\n'
        '[channels.S2]\nkind = "webhook"\nurl = "https://x"\nsecret_env = "NOT_SET"\n'
    )
    with pytest.raises(InputFaults) as caught:
        Settings.read(file, {"TAKTNET_QUEUE_EVENTS": "many"})
    fields = sorted(fault.field for fault in caught.value.faults)
    assert fields == [
        "colour", "group_events", "port", "queue_events", "secret", "secret", "secret_env",
        "speed", "stale", "url",
    ]  # fmt: skip


def test_file_that_is_no_toml(tmp_path):
    """A broken file is one fault that names the file."""
    file = tmp_path / "tower.toml"
    file.write_bytes(b"port = \xff")
    with pytest.raises(InputFaults, match=r"tower\.toml"):
        Settings.read(file, {})


def test_secrets_stay_out_of_sight(tmp_path):
    """Token and webhook secrets do not show when settings are printed."""
    file = tmp_path / "tower.toml"
    file.write_text('[channels.S1]\nkind = "webhook"\nurl = "https://x"\nsecret_env = "KEY"\n')
    settings = Settings.read(file, {"KEY": "whsec_c2VjcmV0", "TAKTNET_TOKEN": "open-sesame"})
    assert settings.channels["S1"].secret == "whsec_c2VjcmV0"
    assert "c2VjcmV0" not in repr(settings)
    assert "sesame" not in repr(settings)


def test_table_says_everything():
    """Each setting has a meaning, a variable of its own and a default of its own type."""
    assert len({f.env for f in FIELDS}) == len(FIELDS)
    for f in FIELDS:
        assert f.meaning.endswith((".", "`"))
        assert isinstance(f.default, f.type)
        if f.name != "channels":
            assert getattr(Settings(), f.name) == f.default
