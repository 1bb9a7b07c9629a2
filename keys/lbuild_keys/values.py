"""Dataclasses that cost little until they are used.

The standard decorator writes the source of five or six methods for each class and compiles it, at
each import; bytecode files do not keep that. With the classes that one build imports, this took a
third of lbuild's own time. Here methods are shared between classes, and the one that matters for
speed, ``__init__``, is compiled once a class has been used often.

To type checkers and to ``dataclasses`` itself these classes are dataclasses (``replace``,
``fields``, ``asdict``). What lbuild does not use is left out: ``order``, ``InitVar``,
``__post_init__``, ``init`` and ``hash`` of fields.
"""

import sys
from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass, field, fields, replace
    from typing import Any

__all__ = ["dataclass", "field", "fields", "replace"]


class _Missing:
    def __repr__(self) -> str:
        return "<factory>"


_MISSING = _Missing()
_OFTEN = 24
"""From so many objects on, to compile ``__init__`` takes less time than it saves."""


class _Field:
    __slots__ = ("compare", "default", "default_factory", "kw_only", "name", "repr", "type")

    def __init__(
        self,
        default: object,
        default_factory: "Any" = _MISSING,
        *,
        compare: bool = True,
        repr: bool = True,  # noqa: A002  as in dataclasses
    ) -> None:
        self.name = ""
        self.type: object = None
        self.default = default
        self.default_factory = default_factory
        self.kw_only = False
        self.compare = compare
        self.repr = repr

    def new(self) -> object:
        """Return the value that the field has if none is given."""
        return self.default if self.default_factory is _MISSING else self.default_factory()

    @property
    def is_optional(self) -> bool:
        return self.default is not _MISSING or self.default_factory is not _MISSING


class _StandardFields:
    """``__dataclass_fields__``, made by ``dataclasses`` when somebody asks for it."""

    def __get__(self, instance: object, owner: "Any") -> "dict[str, Any]":
        import dataclasses

        wanted = []
        for one in owner.__value_fields__:
            options: dict[str, Any] = {
                "kw_only": one.kw_only,
                "compare": one.compare,
                "repr": one.repr,
            }
            if one.default is not _MISSING:
                options["default"] = one.default
            if one.default_factory is not _MISSING:
                options["default_factory"] = one.default_factory
            wanted.append((one.name, one.type, dataclasses.field(**options)))
        # Fields without a default may follow others if they are inherited and keyword-only.
        standard: Any = dataclasses.make_dataclass(owner.__name__, wanted)
        found: dict[str, Any] = standard.__dataclass_fields__
        owner.__dataclass_fields__ = found
        return found


if not TYPE_CHECKING:

    def dataclass(*, frozen=False, slots=True, kw_only=False, eq=True):  # noqa: ARG001  for readers
        """Return the decorator; its options have the meaning that they have in ``dataclasses``.

        All classes have slots.
        """

        def decorate(cls):
            return _decorated(cls, frozen=frozen, kw_only=kw_only, eq=eq)

        return decorate

    def field(*, default=_MISSING, default_factory=_MISSING, compare=True, repr=True):  # noqa: A002
        """See ``dataclasses.field``."""
        return _Field(default, default_factory, compare=compare, repr=repr)

    def fields(value):
        """Return the fields of a class or of an object: each has a name and a type."""
        return value.__value_fields__

    def replace(value, /, **changes):
        """Return a copy of an object with other values in some fields."""
        for one in value.__value_fields__:
            if one.name not in changes:
                changes[one.name] = getattr(value, one.name)
        return value.__class__(**changes)


def _decorated(cls: "Any", *, frozen: bool, kw_only: bool, eq: bool) -> "Any":
    content = dict(cls.__dict__)
    known: dict[str, _Field] = {}
    for base in cls.__mro__[-1:0:-1]:
        known |= {one.name: one for one in base.__dict__.get("__value_fields__", ())}
    own = []
    for name, annotation in cls.__annotations__.items():
        if _is_of_class(annotation):
            continue
        default = content.pop(name, _MISSING)
        one = default if isinstance(default, _Field) else _Field(default)
        one.name, one.type, one.kw_only = name, annotation, kw_only
        known[name] = one
        own.append(name)
    every = tuple(known.values())
    content.pop("__dict__", None)
    content.pop("__weakref__", None)
    content["__slots__"] = tuple(own)
    content["__value_fields__"] = every
    content["__dataclass_fields__"] = _StandardFields()
    content["__match_args__"] = tuple(one.name for one in every if not one.kw_only)
    content.setdefault("__repr__", _repr)
    if eq:
        content.setdefault("__eq__", _eq_of(every))
        content.setdefault("__hash__", _hash_of(every) if frozen else None)
    if frozen:
        content["__setattr__"], content["__delattr__"] = _refuse_to_set, _refuse_to_delete
        content["__getstate__"], content["__setstate__"] = _state, _set_state
    made = type(cls)(cls.__name__, cls.__bases__, content)
    made.__qualname__ = cls.__qualname__
    made.__init__ = _first_init(made, every)
    return made


def _is_of_class(annotation: object) -> bool:
    return getattr(annotation, "__origin__", None) is getattr(
        sys.modules.get("typing"), "ClassVar", _MISSING
    )


def _first_init(cls: "Any", every: "tuple[_Field, ...]") -> "Callable[..., None]":
    """Return the ``__init__`` of a class of which there are few objects."""
    positional = [one.name for one in every if not one.kw_only]
    optional = [one for one in every if one.is_optional]
    names = {one.name for one in every}
    set_field = object.__setattr__
    count = 0

    def init(self: object, *args: object, **kwargs: object) -> None:
        nonlocal count
        count += 1
        given = dict(zip(positional, args, strict=False))
        is_clear = len(args) <= len(positional) and given.keys().isdisjoint(kwargs)
        given.update(kwargs)
        for one in optional:
            if one.name not in given:
                given[one.name] = one.new()
        if count > _OFTEN or not is_clear or given.keys() != names:
            cls.__init__ = _compiled_init(cls, every)
            cls.__init__(self, *args, **kwargs)  # it knows how to explain what is wrong
            return
        for name, value in given.items():
            set_field(self, name, value)

    return init


def _compiled_init(cls: "Any", every: "tuple[_Field, ...]") -> "Callable[..., None]":
    """Return an ``__init__`` as ``dataclasses`` would write it."""
    known: dict[str, object] = {"_set": object.__setattr__, "_missing": _MISSING}
    head, body = ["self"], []
    for one in sorted(every, key=lambda one: one.kw_only):
        if one.kw_only and "*" not in head:
            head.append("*")
        value = one.name
        if one.default_factory is not _MISSING:
            known[f"_new_{one.name}"] = one.default_factory
            head.append(f"{one.name}=_missing")
            value = f"_new_{one.name}() if {one.name} is _missing else {one.name}"
        elif one.is_optional:
            known[f"_default_{one.name}"] = one.default
            head.append(f"{one.name}=_default_{one.name}")
        else:
            head.append(one.name)
        body.append(f"  _set(self, {one.name!r}, {value})")
    source = f"def __init__({', '.join(head)}):\n" + "\n".join(body or ["  pass"])
    exec(source, known)  # noqa: S102  what it is made of are names of fields
    init: Any = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init  # type: ignore[no-any-return]


def _repr(self: "Any") -> str:
    shown = ", ".join(
        f"{one.name}={getattr(self, one.name)!r}" for one in self.__value_fields__ if one.repr
    )
    return f"{type(self).__qualname__}({shown})"


def _eq_of(every: "tuple[_Field, ...]") -> "Callable[[Any, Any], bool]":
    content = _content_of(every)

    def are_equal(self: "Any", other: "Any") -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented  # type: ignore[no-any-return]
        same: bool = content(self) == content(other)
        return same

    return are_equal


def _hash_of(every: "tuple[_Field, ...]") -> "Callable[[Any], int]":
    content = _content_of(every)

    def hash_of(self: "Any") -> int:
        return hash(content(self))

    return hash_of


def _content_of(every: "tuple[_Field, ...]") -> "Callable[[Any], tuple[Any, ...]]":
    if not any(one.compare for one in every):
        return lambda _: ()
    # Of one name ``attrgetter`` would give the value. But what equals nothing, not even itself,
    # is equal in a tuple, if it is the same object; and in a dataclass.
    names = [one.name for one in every if one.compare]
    return attrgetter(*names, names[0])


def _state(self: "Any") -> list[object]:
    return [getattr(self, one.name) for one in self.__value_fields__]


def _set_state(self: "Any", state: list[object]) -> None:
    for one, value in zip(self.__value_fields__, state, strict=True):
        object.__setattr__(self, one.name, value)


def _refuse_to_set(self: object, name: str, value: object) -> None:  # noqa: ARG001
    message = f"cannot assign to field {name!r}"
    raise AttributeError(message)


def _refuse_to_delete(self: object, name: str) -> None:  # noqa: ARG001
    message = f"cannot delete field {name!r}"
    raise AttributeError(message)
