"""Inside the kernel: puts back and names what student code changed in the things that checks rely on.

It runs between cells on a message of its own, not through IPython, and takes its snapshot before any
student code runs. It keeps slips apart and stops simple tricks. An attacker who reads this file gets past it;
`scan` and the second, clean run are there to notice: see the README.
"""

import builtins
import sys
from types import FunctionType, ModuleType
from typing import Any

GUARDED = {"builtins", "math", "statistics", "random", "numpy", "torch", "scipy", "sklearn", "labutils", "IPython",
           "ipykernel"}  # fmt: skip
"""Top-level packages whose modules are watched, as far as they are loaded before the first cell."""

WHOLE_CLASSES = {"labutils", "IPython", "ipykernel", "statistics"}
"""Packages whose classes are watched too; of torch only those that students meet."""

_MISSING = object()


class Guard:
    """Snapshot of modules, classes, IPython and hooks, and of the names that the course's own cells bind."""

    def __init__(self) -> None:
        loaded = dict(sys.modules)
        self.modules = {n: m for n, m in loaded.items() if isinstance(m, ModuleType) and _top(n) in GUARDED}
        classes = {
            value: f"{value.__module__}.{value.__qualname__}"
            for module in self.modules.values()
            for value in list(vars(module).values())
            if isinstance(value, type) and _top(value.__module__ or "") in WHOLE_CLASSES
        }
        self.torch = loaded.get("torch")
        if self.torch:
            classes |= {self.torch.Tensor: "torch.Tensor", self.torch.nn.Module: "torch.nn.Module"}
            self.set_dtype, self.dtype = self.torch.set_default_dtype, self.torch.get_default_dtype()
            self.set_device = self.torch.set_default_device
        named = [*((module, name) for name, module in self.modules.items()), *classes.items()]
        self.holders = [(holder, name, _kept(holder, name), set(vars(holder))) for holder, name in named]
        self.course: dict[str, Any] = {}
        self.swapped: dict[str, tuple[Any, Any]] = {}

    def attach(self, shell: Any, solution_names: list[str]) -> None:
        """Begin to watch, when the kernel is ready and before its first cell.

        Args:
            shell: IPython's shell.
            solution_names: names that solution cells bind; these belong to the student.
        """
        for number, (holder, name, kept, known) in enumerate(self.holders):  # what the kernel's own start changed
            now = vars(holder)
            if len(now) != len(known) or any(now.get(key) is not value for key, value in kept.items()):
                self.holders[number] = (holder, name, _kept(holder, name), set(now))
        self.shell = shell
        self.space: dict[str, Any] = shell.user_ns
        self.entry = dict(self.space)
        self.solution_names = set(solution_names)
        manager = shell.input_transformer_manager
        lists: list[Any] = [shell.ast_transformers, shell.input_transformers_post, manager.cleanup_transforms]
        lists += [manager.line_transforms, manager.token_transformers, sys.meta_path, sys.path_hooks]
        self.lists = [(content, list(content)) for content in lists]
        self.callbacks = {event: list(functions) for event, functions in shell.events.callbacks.items()}
        self.recursion_limit = sys.getrecursionlimit()
        self.streams = (sys.stdout, sys.stderr, sys.excepthook, sys.displayhook)

    def enter(self, role: str, names: list[str]) -> list[str]:
        """Before a cell. Returns what had been changed and was put back."""
        changes = self.restore() if role != "student" else []
        if role == "check":
            changes += self._swap_in(names)
        self.entry = dict(self.space)
        return changes

    def leave(self, role: str, binds: list[str]) -> tuple[list[str], str]:
        """After a cell, which binds these names itself. Returns what a check changed while it ran, and the mark that
        its last line left."""
        mark = self.space.pop("_course_finished", "")
        if role == "student":
            return [], mark
        changes = self.restore() if role == "check" else []
        for name in set(binds) & self.space.keys() - self.solution_names:
            value = self.space[name]
            if self.entry.get(name, _MISSING) is not value:
                self.course[name] = value
        for name, (ours, theirs) in self.swapped.items():
            if self.space.get(name, _MISSING) is ours and theirs is not _MISSING:
                self.space[name] = theirs
        self.swapped = {}
        return changes, str(mark)

    def restore(self) -> list[str]:
        """Put back everything in the snapshot. Returns the names of what had changed."""
        self._reset()
        changed = []
        for holder, name, kept, known in self.holders:
            now = vars(holder)
            for key, value in kept.items():
                if now.get(key, _MISSING) is not value and not _is_submodule(name, key, now.get(key)):
                    changed.append(f"{name}.{key}")
                    _set(holder, key, value)
            new = [key for key in now if key not in known] if len(now) != len(known) else []
            for key in [key for key in new if _shadows(holder, key) and not _is_submodule(name, key, now[key])]:
                changed.append(f"{name}.{key}")
                _unset(holder, key)
        for content, before in self.lists:
            if content != before:
                changed.append("IPython's or Python's hooks")
                content[:] = before
        for name, module in self.modules.items():
            if sys.modules.get(name) is not module:
                changed.append(f"the module {name}")
                sys.modules[name] = module
        return changed

    def _reset(self) -> None:
        """Put back settings that students may well change for themselves; nobody need be told."""
        sys.setrecursionlimit(self.recursion_limit)
        sys.stdout, sys.stderr, sys.excepthook, sys.displayhook = self.streams
        self.shell.call_pdb = False
        self.shell.events.callbacks.update({event: list(functions) for event, functions in self.callbacks.items()})
        if self.torch:
            self.set_dtype(self.dtype)
            self.set_device(None)

    def _swap_in(self, names: list[str]) -> list[str]:
        """Give the names that a check reads, also through the course's functions, the course's values."""
        changed = []
        waiting, seen = list(names), set()
        while waiting:
            name = waiting.pop()
            if name in seen or name in self.solution_names:
                continue
            seen.add(name)
            ours, theirs = self.course.get(name, _MISSING), self.space.get(name, _MISSING)
            if isinstance(ours, FunctionType) and ours.__globals__ is self.space:
                waiting += _names(ours.__code__)
            if isinstance(ours, type) and ours.__module__ == "__main__":
                continue  # a class that students complete, or write anew
            shadowed = ours is _MISSING and theirs is not _MISSING and hasattr(builtins, name)
            if shadowed or (ours is not _MISSING and ours is not theirs):
                changed.append(f"the name {name}")
                self.swapped[name] = (ours, theirs)
                if shadowed:
                    del self.space[name]
                else:
                    self.space[name] = ours
        return changed


def _top(name: str) -> str:
    return name.partition(".")[0]


def _kept(holder: Any, name: str) -> dict[str, Any]:
    """What must not change: callables, modules, descriptors; in labutils constants as well."""
    ours = _top(name) == "labutils" and isinstance(holder, ModuleType)
    return {
        key: value
        for key, value in vars(holder).items()
        if callable(value) or isinstance(value, ModuleType | property | staticmethod | classmethod)
        or (ours and isinstance(value, str | int | float | tuple | frozenset) and not key.startswith("__"))
    }  # fmt: skip


def _is_submodule(name: str, key: str, value: Any) -> bool:
    """Whether this is what an import puts there: many packages load parts of theirs when they are first used."""
    return isinstance(value, ModuleType) and sys.modules.get(f"{name}.{key}") is value


def _shadows(holder: Any, key: str) -> bool:
    """Whether something new in a module hides a builtin, or in a class something inherited."""
    if isinstance(holder, type):
        return callable(vars(holder)[key]) and any(key in vars(base) for base in holder.__mro__[1:])
    return hasattr(builtins, key) and not key.startswith("_")


def _set(holder: Any, key: str, value: Any) -> None:
    if isinstance(holder, type):
        type.__setattr__(holder, key, value)
    else:
        vars(holder)[key] = value


def _unset(holder: Any, key: str) -> None:
    if isinstance(holder, type):
        type.__delattr__(holder, key)
    else:
        vars(holder).pop(key, None)


def _names(code: Any) -> list[str]:
    inner = [constant for constant in code.co_consts if hasattr(constant, "co_names")]
    return [*code.co_names, *(name for part in inner for name in _names(part))]
