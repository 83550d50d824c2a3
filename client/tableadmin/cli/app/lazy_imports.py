"""Imports of modules that load on first use."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    # Loading it would load tempfile, shutil and random.
    from importlib.abc import Loader


@contextmanager
def lazy_imports(*names: str) -> Iterator[None]:
    """Within the block, imports of the modules NAMES give proxies, which load the module on first use.

    A proxy loads its module when an attribute is read, in any thread. Other finders and imports after the
    block are not changed. Modules that were imported before the block stay as they are.
    """
    finder = _ProxyFinder(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for proxy in finder.proxies:
            proxy.leave_modules()


class _Proxy(ModuleType):
    """Reads attributes from the module of its name.

    `importlib.util.LazyLoader` does the same, but before Python 3.13 not safely in several threads.
    """

    _lock = Lock()

    def __getattr__(self, name: str) -> object:
        self.leave_modules()
        return getattr(import_module(self.__name__), name)

    def leave_modules(self) -> None:
        """Let the next import load the module."""
        with self._lock:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]


class _ProxyFinder:
    """A finder and loader: the first import of each existing module of NAMES gives a proxy."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = set(names)
        self.proxies: list[_Proxy] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._names or PathFinder.find_spec(fullname, path, target) is None:
            return None
        self._names.remove(fullname)
        # Without a path to submodules: an import of a submodule loads the module first.
        return ModuleSpec(fullname, cast("Loader", self))

    def create_module(self, spec: ModuleSpec) -> None:
        """Let Python make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Make MODULE a proxy. Python has set the attributes of a new module before."""
        module.__class__ = _Proxy
        self.proxies.append(cast("_Proxy", module))
