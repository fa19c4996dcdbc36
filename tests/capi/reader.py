"""What a program in another language would write over `proteusdb.h`, in cffi: calls by name, codes as exceptions."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proteusdb import capi

HEADER = (capi.include() / "proteusdb.h").read_text(encoding="utf-8")
DECLARATIONS = re.search(r"/\* Declarations begin:.*?\*/(.*)/\* Declarations end\. \*/", HEADER, re.DOTALL)


class Failed(Exception):
    """A call that failed: its code's name and its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Reader:
    """The library, opened as any program opens it."""

    def __init__(self) -> None:
        import cffi

        assert DECLARATIONS is not None
        self.ffi = cffi.FFI()
        self.ffi.cdef(DECLARATIONS[1])
        self.lib: Any = self.ffi.dlopen(str(capi.library()))
        numbers = re.findall(r"PROTEUSDB_([A-Z_]+) = (\d+)[,\s]", DECLARATIONS[1].partition("Bits of")[0])
        self.codes = {int(number): name for name, number in numbers}

    def message(self) -> str:
        return bytes(self.ffi.string(self.lib.proteusdb_message())).decode()

    def call(self, name: str, *given: Any) -> None:
        code = getattr(self.lib, f"proteusdb_{name}")(*given)
        if code != 0:
            raise Failed(self.codes[code], self.message())

    def made(self, name: str, kind: str, *given: Any) -> Any:
        out = self.ffi.new(f"{kind} *")
        self.call(name, *given, out)
        return out[0]

    def open(self, path: str) -> Any:
        return self.made("open", "proteusdb_store *", path.encode())

    def get(self, store: Any, prediction_id: str, version: int = 0) -> Any:
        found = self.made("get", "proteusdb_prediction *", store, prediction_id.encode(), version)
        return self.ffi.gc(found, self.lib.proteusdb_free)

    def info(self, found: Any) -> Any:
        out = self.ffi.new("proteusdb_info *")
        self.call("get_info", found, out)
        return out

    def text(self, found: Any, name: str) -> str:
        needed = self.made("text", "uint64_t", found, name.encode(), self.ffi.NULL, 0)
        out = self.ffi.new("char[]", needed)
        self.call("text", found, name.encode(), out, needed, self.ffi.NULL)
        return bytes(self.ffi.string(out)).decode()

    def array(self, found: Any, name: str, call: str = "array") -> NDArray[Any]:
        layout = self.ffi.new("proteusdb_layout *")
        self.call(call, found, name.encode(), self.ffi.NULL, 0, layout)
        shape, code = tuple(layout.shape)[: layout.axes], bytes(self.ffi.string(layout.dtype)).decode()
        out = np.empty(shape, f"<{code}")
        assert (out.nbytes, out.itemsize) == (layout.bytes, layout.size)
        self.call(call, found, name.encode(), self.ffi.from_buffer(out), out.nbytes, layout)
        return out

    def column(self, found: Any, name: str) -> NDArray[Any]:
        column = self.array(found, name, "column")
        return np.char.decode(column, "utf-8") if column.dtype.kind == "S" else column

    def ids(self, store: Any) -> list[str]:
        ids = self.made("ids_begin", "proteusdb_ids *", store)
        found = []
        try:
            while True:
                found.append(bytes(self.ffi.string(self.made("ids_next", "char *", ids))).decode())
        except Failed as end:
            if end.code != "END":
                raise
        self.lib.proteusdb_ids_free(ids)
        return found
