"""Modules that load on first use."""

import sys
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event
from types import ModuleType

import pytest

from tableadmin.cli.app.lazy_imports import lazy_imports


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that the modules `lazy_example` and `lazy_example.part` add when they load."""
    names: list[str] = []
    record = "import builtins; builtins.loaded_modules.append(__name__); value = 1\n"
    package = tmp_path / "lazy_example"
    package.mkdir()
    (package / "__init__.py").write_text(record)
    (package / "part.py").write_text(record)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("builtins.loaded_modules", names, raising=False)
    for name in ("lazy_example", "lazy_example.part"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
        monkeypatch.delitem(sys.modules, name)
    return names


def test_a_module_loads_when_an_attribute_is_read(loaded: list[str]) -> None:
    """A module that is imported in the block loads when an attribute is read, and only once."""
    with lazy_imports("lazy_example"):
        import lazy_example  # type: ignore[import-not-found]  # made by the fixture # noqa: PLC0415 - that is the test
    assert [] == loaded
    assert (1, 1) == (lazy_example.value, lazy_example.value)
    assert ["lazy_example"] == loaded


def test_other_modules_load_at_once(loaded: list[str]) -> None:
    """A module that is not named loads when it is imported, also within the block."""
    with lazy_imports("lazy_example.part"):
        import lazy_example  # noqa: F401, PLC0415 - the import is the test
    assert ["lazy_example"] == loaded


def test_a_module_of_a_package(loaded: list[str]) -> None:
    """A module of a package loads later than the package."""
    with lazy_imports("lazy_example.part"):
        from lazy_example import part  # noqa: PLC0415 - the same
    assert ["lazy_example"] == loaded
    assert 1 == part.value
    assert ["lazy_example", "lazy_example.part"] == loaded


def test_after_the_block(loaded: list[str]) -> None:
    """After the block, also one that an exception ends, imports load modules at once again."""
    before = list(sys.meta_path)
    with pytest.raises(KeyError), lazy_imports("lazy_example"):
        raise KeyError
    assert before == sys.meta_path
    import lazy_example  # noqa: F401, PLC0415 - the same

    assert ["lazy_example"] == loaded


def test_a_module_that_does_not_exist() -> None:
    """A module that does not exist is ModuleNotFoundError in the block."""
    with lazy_imports("lazy_absent"), pytest.raises(ModuleNotFoundError, match="lazy_absent"):
        import lazy_absent  # type: ignore[import-not-found]  # noqa: F401, PLC0415 - the same


def test_a_submodule_loads_its_package_first(loaded: list[str]) -> None:
    """In the block, an import of a submodule loads the package, as in any other import."""
    with lazy_imports("lazy_example"):
        import lazy_example  # noqa: PLC0415 - the same
        from lazy_example import part  # noqa: PLC0415 - the same
    assert ["lazy_example", "lazy_example.part"] == loaded
    assert part is lazy_example.part
    assert (part, 1) == (sys.modules["lazy_example.part"], sys.modules["lazy_example"].value)


def test_two_threads_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that reads an attribute while another thread loads the module waits for the whole module."""
    begun, may_end = Event(), Event()
    (tmp_path / "lazy_slow.py").write_text(
        "import builtins; builtins.lazy_begun.set(); builtins.lazy_may_end.wait(30); value = 1"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("builtins.lazy_begun", begun, raising=False)
    monkeypatch.setattr("builtins.lazy_may_end", may_end, raising=False)
    with lazy_imports("lazy_slow"):
        import lazy_slow  # type: ignore[import-not-found]  # noqa: PLC0415 - the same
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(lambda: lazy_slow.value)
        assert begun.wait(30)
        second = threads.submit(lambda: lazy_slow.value)
        # A second thread that does not wait ends with an error in this time.
        wait([second], timeout=0.2)
        may_end.set()
        assert (1, 1) == (first.result(30), second.result(30))
    del sys.modules["lazy_slow"]
