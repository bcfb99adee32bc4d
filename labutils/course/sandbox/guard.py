"""Inside the kernel: puts back and names what student code changed in the things that checks rely on.

It runs between cells on a message of its own, not through IPython. `scan` and the clean run notice tricks.
"""

import builtins
import sys
from types import FunctionType, ModuleType
from typing import Any

# packages whose modules are watched, as far as they are loaded before the first cell
GUARDED = {"builtins", "math", "statistics", "random", "numpy", "torch", "scipy", "sklearn", "labutils", "IPython",
           "ipykernel"}  # fmt: skip
_MISSING = object()


class Guard:
    """Snapshot of modules, settings and hooks before student code runs, and the names that the course's cells bind.

    `solution_names`, which solution cells bind, belong to the student.
    """

    def __init__(self, shell: Any, solution_names: list[str]) -> None:
        self.modules = {
            name: (module, _kept(module))
            for name, module in sys.modules.items()
            if isinstance(module, ModuleType) and name.partition(".")[0] in GUARDED
        }
        self.shell = shell
        self.space: dict[str, Any] = shell.user_ns
        self.entry = dict(self.space)
        self.solution_names = set(solution_names)
        manager = shell.input_transformer_manager
        lists: list[Any] = [shell.ast_transformers, shell.input_transformers_post, manager.cleanup_transforms]
        lists += [manager.line_transforms, manager.token_transformers, sys.meta_path, sys.path_hooks]
        self.lists = [(content, list(content)) for content in lists]
        self.callbacks = {event: list(functions) for event, functions in shell.events.callbacks.items()}
        self.streams = (sys.stdout, sys.stderr, sys.excepthook, sys.displayhook)
        torch = sys.modules["torch"]
        self.settings = [(sys.setrecursionlimit, sys.getrecursionlimit()), (torch.set_default_device, None)]
        self.settings += [(torch.set_default_dtype, torch.get_default_dtype())]
        self.course: dict[str, Any] = {}
        self.swapped: dict[str, tuple[Any, Any]] = {}

    def enter(self, role: str, names: list[str]) -> dict[str, Any]:
        """Before a cell, which reads these names: `changes`, what had been changed and was put back."""
        changes = self.restore() if role != "student" else []
        if role == "check":
            changes += self._swap_in(names)
        self.entry = dict(self.space)
        return {"changes": changes}

    def leave(self, role: str, names: list[str]) -> dict[str, Any]:
        """After a cell, which binds these names: `changes` by a check, and the `mark` that its last line left."""
        mark = self.space.pop("_course_finished", "")
        changes = self.restore() if role == "check" else []
        for name in set(names) & self.space.keys() - self.solution_names:
            if self.entry.get(name, _MISSING) is not self.space[name]:
                self.course[name] = self.space[name]
        for name, (ours, theirs) in self.swapped.items():
            if self.space.get(name, _MISSING) is ours and theirs is not _MISSING:
                self.space[name] = theirs
        self.swapped = {}
        return {"changes": changes, "mark": str(mark)}

    def restore(self) -> list[str]:
        """Put back the snapshot. The names of what had changed, but for settings that students may well change."""
        for put_back, value in self.settings:
            put_back(value)
        sys.stdout, sys.stderr, sys.excepthook, sys.displayhook = self.streams
        self.shell.call_pdb = False
        self.shell.events.callbacks.update({event: list(functions) for event, functions in self.callbacks.items()})
        changed = []
        for name, (module, kept) in self.modules.items():
            now = vars(module)
            for key, value in kept.items():
                if now.get(key, _MISSING) is not value and not _is_submodule(name, key, now.get(key)):
                    changed.append(f"{name}.{key}")
                    now[key] = value
            if sys.modules.get(name) is not module:
                changed.append(f"the module {name}")
                sys.modules[name] = module
        for content, before in self.lists:
            if content != before:
                changed.append("IPython's or Python's hooks")
                content[:] = before
        return changed

    def _swap_in(self, names: list[str]) -> list[str]:
        """Give the names that a check reads, also through the course's functions, the course's values."""
        changed = []
        waiting, seen = list(names), set()
        while waiting:
            name = waiting.pop()
            if name in seen or name in self.solution_names:
                continue
            seen.add(name)
            ours = self.course.get(name, getattr(builtins, name, _MISSING))
            theirs = self.space.get(name, _MISSING)
            if isinstance(ours, FunctionType) and ours.__globals__ is self.space:
                waiting += _names(ours.__code__)
            if isinstance(ours, type) and ours.__module__ == "__main__":
                continue  # a class that students complete, or write anew
            if ours is not _MISSING and ours is not theirs and (name in self.course or name in self.space):
                changed.append(f"the name {name}")
                self.swapped[name] = (ours, theirs)
                self.space[name] = ours
        return changed


def _kept(module: ModuleType) -> dict[str, Any]:
    """What must not change in it: functions, classes, modules; in labutils constants as well."""
    kinds = (ModuleType, str, int, float, tuple, frozenset) if module.__name__.startswith("labutils") else ModuleType
    return {
        key: value
        for key, value in vars(module).items()
        if callable(value) or (isinstance(value, kinds) and not key.startswith("__"))
    }


def _is_submodule(name: str, key: str, value: Any) -> bool:
    """Whether this is what an import puts there: many packages load parts of theirs when they are first used."""
    return isinstance(value, ModuleType) and sys.modules.get(f"{name}.{key}") is value


def _names(code: Any) -> list[str]:
    inner = [constant for constant in code.co_consts if hasattr(constant, "co_names")]
    return [*code.co_names, *(name for part in inner for name in _names(part))]
