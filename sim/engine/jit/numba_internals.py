"""The features of Numba and LLVM that rules need but that are not guaranteed to stay.

Nothing here affects other users of Numba: rules have a separate dispatcher, and with it a compiler,
a target context, a code generator and a cache. This module tests what it needs from Numba when it
is imported (`sim.engine.jit.self_test`); if that fails, `sim.engine.jit.backend` does without this
module.

Rules do not count references to the tables they read. Numba counts references with locked
instructions, twice for each access to a record, which takes longer than the access.
"""

import sys
from copy import copy
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import extending, types
from numba.core import caching, cgutils, errors, typed_passes
from numba.core.codegen import JITCPUCodegen
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import AnalysisPass, register_pass
from numba.core.cpu import CPUContext
from numba.core.datamodel import models
from numba.core.registry import CPUDispatcher
from numba.core.typing.templates import AttributeTemplate
from numba.np import arrayobj

from sim.engine.jit import self_test
from sim.engine.jit.cache import CACHE_DIRECTORY, FINGERPRINT
from sim.engine.jit.settings import CACHE_LINE, OPTIONS

DATA_POINTER = 3
"""Position of the address of the fields in the head of a Numba structure, in pointers."""
PREFETCH = "llvm.prefetch.p0i8"
TO_READ_AND_KEEP = (0, 3, 1)
"""Arguments of `llvm.prefetch`: to read, to keep in every cache, data."""
RESULTS_OF = ("call", "binop", "unary", "inplace_binop")
"""Expressions that may make an array. (A part of an array or a field only looks at one.)"""
NO_ARRAYS_HERE = ("NRT required", "Only accept returning of array passed")
"""Messages of Numba when a function makes an array without reference counting."""


class UnexpectedArrays(TypeError):
    """A rule makes arrays, or passes them on, and is not marked as doing so."""


class RuleLocator(caching._CacheLocator):
    """Locates the machine code of a rule, and identifies its sources."""

    def __init__(self, rule: Any, file: str) -> None:
        self._py_file = file  # Numba's warnings name it
        self._line = rule.__code__.co_firstlineno

    @classmethod
    def from_function(cls, rule: Any, file: str) -> "RuleLocator | None":
        """Return the locator of a rule, or None if it is not in a file."""
        return cls(rule, file) if Path(file).exists() else None

    def get_cache_path(self) -> str:
        """Return a folder for each folder of sources."""
        folder = Path(self._py_file).resolve().parent
        digest = sha256(str(folder).encode()).hexdigest()[:16]
        return str(CACHE_DIRECTORY / f"{folder.name}_{digest}")

    def get_source_stamp(self) -> str:
        """Return a hash of all sources of rules, and of this file."""
        return FINGERPRINT + sha256(Path(self._py_file).read_bytes()).hexdigest()

    def get_disambiguator(self) -> str:
        """Return the line in which the rule begins."""
        return str(self._line)


class RuleCacheFiles(caching.CompileResultCacheImpl):
    """Writes the machine code of a rule, without the data that only Numba's reports need."""

    _locator_classes: Any = (RuleLocator,)

    def reduce(self, result: Any) -> Any:
        """Leave out the types of all variables line by line, which made up half of each file."""
        return super().reduce(result._replace(type_annotation=""))


class RuleCache(caching.FunctionCache):
    """The machine code of one rule on disk."""

    _impl_class = RuleCacheFiles

    def _index_key(self, signature: Any, codegen: Any) -> Any:
        """Name the types by a hash: spelled out, those of a city are 100 kB for every rule."""
        types_of_rule = blake2b(str(signature).encode(), digest_size=16).hexdigest()
        return super()._index_key(types_of_rule, codegen)


class RuleCodegen(JITCPUCodegen):
    """Numba's code generator, which also vectorises work on adjacent fields."""

    def _pass_builder(self, **options: Any) -> Any:
        return super()._pass_builder(**{"slp_vectorize": True} | options)


class RuleContext(CPUContext):
    """Numba's target context, with a wrapper that counts references."""

    def create_cpython_wrapper(self, *arguments: Any, **options: Any) -> Any:
        """Have the wrapper by which Python calls a rule count, whether the rule does or not.

        The wrapper increments the reference counts of the arguments, so it must also decrement
        them, or they would stay in memory for ever.
        """
        counts, self.enable_nrt = self.enable_nrt, True
        try:
            return super().create_cpython_wrapper(*arguments, **options)
        finally:
            self.enable_nrt = counts


_ON_THE_WAY: dict[bool, dict[Any, Any]] = {}
"""Code that Numba has compiled internally, for rules that count (True) and rules that do not."""


def _context_of_rules(context: Any) -> Any:
    """Return a copy of a target context, for one rule.

    It shares Numba's engine, which holds all machine code of the process, and the registrations.
    """
    codegen = copy(context.codegen())
    codegen.__class__ = RuleCodegen
    own = context.subtarget(_internal_codegen=codegen)
    own.__class__ = RuleContext
    own.cached_internal_func = _ON_THE_WAY.setdefault(own.enable_nrt, {})
    return own


@register_pass(mutates_CFG=False, analysis_only=True)
class RefuseArrays(AnalysisPass):
    """Refuses a rule that makes arrays and is not marked as doing so: they would never be freed."""

    _name = "sim_refuse_arrays"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Check the return type of the rule, and the return types of its calls."""
        if state.flags.nrt:
            return False
        if _holds_arrays(state, state.return_type):
            raise UnexpectedArrays(_refusal(state, f"returns {state.return_type}"))
        for expression, signature in state.calltypes.items():
            if getattr(expression, "op", "") in RESULTS_OF and _holds_arrays(
                state, signature.return_type
            ):
                what = f"gets {signature.return_type} in line {expression.loc.line}"
                raise UnexpectedArrays(_refusal(state, what))
        return False


def _holds_arrays(state: Any, kind: Any) -> bool:
    """Return True if values of a type hold memory with reference counts."""
    return bool(state.targetctx.data_model_manager[kind].contains_nrt_meminfo())


def _refusal(state: Any, what: str) -> str:
    name = f"{state.func_id.modname}.{state.func_id.func_qualname}"
    return f"The rule {name} {what}: it has to be marked @compiled(allocates=True)."


class RuleCompiler(Compiler):
    """Numba's compiler in the context of rules."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.state.targetctx = _context_of_rules(self.state.targetctx)

    def define_pipelines(self) -> list[Any]:
        """Return Numba's pipelines, with the pass that refuses arrays."""
        pipelines: list[Any] = super().define_pipelines()
        for one in pipelines:
            one.add_pass_after(RefuseArrays, typed_passes.NopythonTypeInference)
            one.finalize()
        return pipelines

    def compile_extra(self, rule: Any) -> Any:
        """Compile a rule; replace Numba's message about arrays without reference counting."""
        try:
            return super().compile_extra(rule)
        except errors.NumbaError as error:
            if self.state.flags.nrt or not any(words in str(error) for words in NO_ARRAYS_HERE):
                raise
        raise UnexpectedArrays(_refusal(self.state, "makes arrays"))


class RuleDispatcher(CPUDispatcher):
    """Compiles a rule, keeps its machine code and calls it."""

    def __init__(
        self,
        rule: Any,
        locals: Any = None,
        targetoptions: Any = None,
        pipeline_class: Any = RuleCompiler,
    ) -> None:
        super().__init__(rule, locals, targetoptions, pipeline_class)

    def enable_caching(self) -> None:
        """Store machine code on disk."""
        self._cache = RuleCache(self.py_func)


def new_dispatcher(rule: Any, allocates: bool) -> RuleDispatcher:
    """Return the dispatcher of a rule (see `sim.engine.jit.backend`)."""
    # Set for every rule: otherwise the setting of the calling rule would apply.
    dispatcher = RuleDispatcher(rule, targetoptions={**OPTIONS, "_nrt": allocates})
    dispatcher.enable_caching()
    return dispatcher


def borrowed_struct[T: type](kind: T) -> T:
    """Register a kind of structure, as `numba.experimental.structref.register` does.

    Fields that a rule reads from it are not reference-counted. The code that makes such a structure
    must keep the tables alive as long as rules may use it.

    Parameters
    ----------
    kind : type
        A subclass of `numba.types.StructRef`.
    """
    extending.register_model(kind)(models.StructRefModel)

    class Fields(AttributeTemplate):
        key = kind

        def generic_resolve(self, structure: Any, name: str) -> Any:  # type: ignore[override]
            return structure.field_dict.get(name)

    extending.infer_getattr(Fields)
    extending.lower_getattr_generic(kind)(_read_field)
    extending.lower_setattr_generic(kind)(_write_field)
    return kind


def _read_field(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    field = getattr(_fields(context, builder, kind, value), name)
    return _without_owner(context, builder, kind.field_dict[name], field)


def _write_field(context: Any, builder: Any, signature: Any, values: Any, name: str) -> None:
    kind, given = signature.args
    field = context.cast(builder, values[1], given, kind.field_dict[name])
    if not isinstance(given, types.Number):
        # The code that makes the structure fills it in: its head holds references to the tables.
        context.nrt.incref(builder, given, field)
    setattr(_fields(context, builder, kind, values[0]), name, field)


def _fields(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Return a proxy of the fields behind a pointer."""
    place = _address_of_fields(context, builder, kind, value)
    payload = kind.get_data_type()
    layout = context.data_model_manager[payload].get_value_type()
    return cgutils.create_struct_proxy(payload)(
        context, builder, ref=builder.bitcast(place, layout.as_pointer())
    )


def _address_of_fields(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Return the address in the head of a structure, without the call that Numba would make."""
    head = cgutils.create_struct_proxy(kind)(context, builder, value=value).meminfo
    pointers = builder.bitcast(head, ir.IntType(8).as_pointer().as_pointer())
    return builder.load(builder.gep(pointers, [ir.Constant(ir.IntType(32), DATA_POINTER)]))


def _without_owner(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Return a table, or a tuple of tables, marked as not reference-counted."""
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value=value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        array.parent = cgutils.get_null_value(array.parent.type)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        elements: Any = kind
        for place, one in enumerate(elements):
            part = _without_owner(context, builder, one, builder.extract_value(value, place))
            value = builder.insert_value(value, part, place)
    return value


@extending.intrinsic
def _finds_fields(typing_context: Any, structure: Any) -> Any:
    """Return True if the fields are at the address that Numba's own function returns."""

    def compare(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        (kind,) = signature.args
        found = _address_of_fields(context, builder, kind, values[0])
        head = cgutils.create_struct_proxy(kind)(context, builder, value=values[0]).meminfo
        said = context.nrt.meminfo_data(builder, head)
        return builder.icmp_unsigned("==", found, builder.bitcast(said, found.type))

    return types.boolean(structure), compare


def fields_are_found(structure: Any) -> bool:
    """Return True if the fields of a structure are where `borrowed_struct` looks for them."""
    return bool(_finds_fields(structure))  # type: ignore[call-arg]


def prefetcher(lines: int | None) -> Any:
    """Return a function that prefetches some cache lines of a record (None: all of it)."""

    @extending.intrinsic
    def prefetch(typing_context: Any, table: Any, row: Any) -> Any:
        """Prefetch a record that will be needed in a moment, without waiting for it."""

        def request(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            kind = signature.args[0]
            array = arrayobj.make_array(kind)(context, builder, values[0])
            stride = builder.extract_value(array.strides, 0)
            byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
            call = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
            function = cgutils.get_or_insert_function(builder.module, call, PREFETCH)
            record = builder.gep(
                builder.bitcast(array.data, byte), [builder.mul(values[1], stride)]
            )
            how = [number(code) for code in TO_READ_AND_KEEP]
            for line in range(lines or -(-kind.dtype.size // CACHE_LINE)):
                offset = ir.Constant(ir.IntType(64), line * CACHE_LINE)
                builder.call(function, [builder.gep(record, [offset]), *how])
            return context.get_dummy_value()

        return types.void(table, types.intp), request

    return prefetch


self_test.check(sys.modules[__name__])
