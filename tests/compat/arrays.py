"""Array blobs, read as FORMAT.md says; the usual weights and scales are copied from the sources that it names.

Slow, element by element: what matters is that it was written from the document and shares no line with the core.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import xxhash
import zstandard
from numpy.typing import NDArray

_WEIGHTS = (
    (
        [2233, 1173, 1854, -518, 479, -1034, 138, 721, -851, -84, 0],
        [1534, -183, 1163, 2746, 488, -597, -109, -384, -536, 62, 0],
    ),
    (
        [2120, 1185, 1632, -388, 501, -934, 210, 647, -780, -110, 0],
        [1221, 11, 889, 2687, 342, -547, 28, -126, -363, -173, 0],
    ),
    (
        [2819, 1077, 3066, -1853, 73, -1061, -1, 866, -828, -60, 0],
        [1359, -53, 2351, 1696, 254, -164, -35, 140, -1130, -286, 0],
    ),
    (
        [2336, -28, 1307, -75, 126, 1, 0, 37, -12, -80, 0, 3864, -2145, -1234],
        [865, -6, 350, 155, 35, -46, -19, -26, -39, 4, 0, 3895, -797, -272],
    ),
)
_SCALES = [2] * 8 + [3, 3, 5, 5, 6, 7, 8, 9, 11, 12, 13, 13, 14, 15, 16, 18, 19, 20, 20, 21, 21, 22, 22]
_SCALES += [level - 8 for level in range(31, 48)]


class _Bytes:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        assert len(piece) == count, "cut short"
        self.at += count
        return piece

    def rest(self) -> bytes:
        return self.take(len(self.data) - self.at)

    def byte(self) -> int:
        return self.take(1)[0]

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def zigzag(self) -> int:
        return _unzigzag(self.varint())


class _Bits:
    def __init__(self, data: bytes) -> None:
        self.bits = iter("".join(f"{byte:08b}" for byte in data))

    def take(self, count: int) -> int:
        return int("0" + "".join(next(self.bits) for _ in range(count)), 2)

    def rice(self, low: int) -> int:
        quotient = 0
        while next(self.bits) == "1":
            quotient += 1
        return quotient << low | self.take(low)


def array(body: bytes, beside: bytes | None = None) -> NDArray[Any]:
    """The array in the body of a blob; `beside` is the blob it was coded beside."""
    data = _Bytes(body)
    code = data.take(data.varint()).decode()
    dtype = np.dtype("<" + code)
    shape = [data.varint() for _ in range(data.varint())]
    view, count = data.byte(), math.prod(shape)
    if not view & 1:
        return _half(data, dtype, shape) if view & 2 else _coded(data, dtype, count).reshape(shape)
    decimals, least, step, top, cut = data.byte(), data.zigzag(), data.varint(), data.varint(), data.varint()
    numbers: NDArray[Any]
    if data.data[data.at] in (6, 7):
        other = _other(data.take(8), beside, (decimals, least, step, shape)) if data.byte() == 7 else None
        numbers = np.array(_Matrix(data, math.prod(shape[:-1]), shape[-1], top, other).values).reshape(shape)
    else:
        narrow = np.dtype("<u1" if top < 256 else "<u2" if top < 65_536 else "<u4")
        numbers = _half(data, narrow, shape) if view & 2 else _coded(data, narrow, count).reshape(shape)
    values = least + numbers.astype(np.int64) * step - np.where(numbers == top, cut, 0)
    return (values / 10.0**decimals if dtype.kind == "f" else values).astype(dtype)


def _other(named: bytes, blob: bytes | None, like: tuple[int, int, int, list[int]]) -> list[list[int]]:
    """The numbers of the matrix beside, as numbers of the grid it is wanted for."""
    assert blob is not None
    assert xxhash.xxh3_64_intdigest(blob) == int.from_bytes(named, "little")
    decimals, least, step, shape = like
    data = _Bytes(blob[10:])
    data.take(data.varint())
    assert [data.varint() for _ in range(data.varint())] == shape
    assert data.byte() & 1
    assert data.byte() == decimals
    shift, odd = divmod(data.zigzag() - least, step)
    assert data.varint() == step
    assert not odd
    top, _cut = data.varint(), data.varint()
    assert data.byte() == 6
    matrix = _Matrix(data, math.prod(shape[:-1]), shape[-1], top)
    return [[value + shift for value in line] for line in matrix.values]


def _half(data: _Bytes, dtype: np.dtype[Any], shape: list[int]) -> NDArray[Any]:
    side = shape[0]
    elements = iter(_coded(data, dtype, side * (side + 1) // 2))
    whole = np.zeros(shape, dtype)
    for distance in range(side):
        for row in range(side - distance):
            whole[row, row + distance] = whole[row + distance, row] = next(elements)
    return whole


def _coded(data: _Bytes, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
    coder, size = data.byte(), count * dtype.itemsize
    if coder == 4:
        return np.full(count, np.frombuffer(data.take(dtype.itemsize), dtype)[0])
    if coder == 5:
        first, step = data.varint(), data.zigzag()
        return (first + step * np.arange(count)).astype(dtype)
    assert coder in (0, 1, 2), "pcodec is read by its own library"
    raw = data.take(size) if coder == 0 else zstandard.ZstdDecompressor().decompress(data.rest(), size)
    if coder == 2:
        raw = np.ascontiguousarray(np.frombuffer(raw, np.uint8).reshape(dtype.itemsize, -1).T).tobytes()
    return np.frombuffer(raw, dtype, count)


class _Matrix:
    def __init__(self, data: _Bytes, rows: int, columns: int, top: int, other: list[list[int]] | None = None) -> None:
        self.columns, self.top, self.square, self.other = columns, top, rows == columns, other
        self.symmetric = data.byte() == 1
        bits = _Bits(data.take(data.varint()))
        terms = 11 if other is None else 14
        self.weights = [[*weights, 0, 0, 0][:terms] for weights in _WEIGHTS[bits.take(2)]]
        if bits.take(1):
            for weights in self.weights[: 1 + self.square]:
                low = bits.take(4)
                weights[:] = [weight + _unzigzag(bits.rice(low)) for weight in weights]
        self.scales = list(_SCALES)
        if bits.take(1):
            first, last = bits.take(6), bits.take(6)
            for level in range(first, last + 1):
                self.scales[level] += _unzigzag(bits.rice(0))
        assert set(bits.bits) <= {"0"}
        self.values: list[list[int]] = []
        band = rows if rows <= 512 else 256
        for start in range(0, rows, band):
            stream = data.rest() if start + band >= rows else data.take(data.varint())
            self.state, self.words = int.from_bytes(stream[:4], "little"), _Bytes(stream[4:])
            self._band(range(start, min(start + band, rows)))
            assert (self.state, self.words.rest()) == (65_536, b"")

    def _band(self, rows: range) -> None:
        above, above2 = [0] * (self.columns + 4), [0] * (self.columns + 4)
        errors, errors2 = [0] * (self.columns + 4), [0] * (self.columns + 4)
        here, over = [0] * (self.columns + 4), [0] * (self.columns + 4)
        for row in rows:
            if self.other is not None:
                over = here
                here = [over[2], over[2], *self.other[row], 0, 0]
            start = row if self.symmetric else 0
            line = [above[2], above[2]] + [self.values[column][row] for column in range(start)]
            wrong = [errors[2 + start]] * (2 + start)
            for column in range(start, self.columns):
                first = row == rows.start
                prediction, energy = self._look(
                    row, column, first, line, (above, above2), wrong, (errors, errors2), (here, over)
                )
                line.append(self._value(prediction, energy))
                wrong.append(abs(8 * line[-1] - prediction))
            line, wrong = [*line, line[-1], line[-1]], [*wrong, wrong[-1], wrong[-1]]
            above, above2 = line, line if row == rows.start else above
            errors, errors2 = wrong, errors
            self.values.append(line[2:-2])

    def _look(
        self, row: int, column: int, first: bool, line: list[int], above: Any, wrong: list[int], errors: Any, other: Any
    ) -> tuple[int, int]:
        (a, b), (e, f), (here, over), at = above, errors, other, column + 2
        w, ww, both = line[-1], line[-2], wrong[-1] + wrong[-2]
        if first:
            return min(max(8 * (w + here[at] - here[at - 1]), 0), 8 * self.top), 4 * both
        near = self.square and abs(row - column) <= 3
        terms = [w, ww, a[at], a[at - 1], a[at + 1], a[at - 2], a[at + 2], b[at], b[at - 1], b[at + 1], 1]
        if self.other is not None:
            terms += [here[at], here[at - 1], over[at]]
        total = sum(weight * term for weight, term in zip(self.weights[near], terms, strict=True))
        energy = 2 * both + e[at] + e[at] // 2 + e[at - 1] + e[at + 1] + e[at + 2] + f[at]
        corner = a[at - 1] - over[at - 1]
        energy += 8 * abs(a[at] - over[at] - corner) + 8 * abs(w - here[at - 1] - corner)
        return min(max(total >> 9, 0), 8 * self.top), energy

    def _value(self, prediction: int, energy: int) -> int:
        energy = max(energy, 1)
        octave = energy.bit_length() - 1
        scale = self.scales[2 * octave + (2 * energy >> octave & 1)]
        low, part = 0, prediction % 8
        if scale > 12:
            low, scale = (scale - 11) // 2, 11 + (scale - 11) % 2
            part = (part + 4) >> low
        widths = _table(scale, part)
        slot, symbol, start = self.state % 4096, 0, 0
        while start + widths[symbol] <= slot:
            start += widths[symbol]
            symbol += 1
        self._take(start, widths[symbol])
        if symbol == 127:
            return self._plain(self.top.bit_length())
        return prediction // 8 - (1 << low >> 1) + ((symbol - 63) << low) + self._plain(low)

    def _take(self, start: int, width: int) -> None:
        self.state = width * (self.state // 4096) + self.state % 4096 - start
        if self.state < 65_536:
            self.state = self.state << 16 | int.from_bytes(self.words.take(2), "little")

    def _plain(self, bits: int) -> int:
        value = 0
        while bits:
            taken = min(bits, 8)
            bits -= taken
            piece = self.state % 4096 >> (12 - taken)
            self._take(piece << (12 - taken), 1 << (12 - taken))
            value = value << taken | piece
        return value


@cache
def _table(scale: int, part: int) -> list[int]:
    width = 2 ** (scale / 2 - 4)

    def below(x: float) -> float:
        logistic = lambda x: 1 / (1 + math.exp(-x)) if x > 0 else 1 - 1 / (1 + math.exp(x))  # noqa: E731
        return 0.985 * logistic(x / width) + 0.015 * logistic(x / (4 * width))

    slots = lambda share: int(4096 * share + 0.5)  # noqa: E731
    edges = [below(symbol - 63.5 - part / 8) for symbol in range(128)]
    widths = [slots(right - left) for left, right in pairwise(edges)]
    widths.append(max(1, slots(edges[0] + 1 - edges[127])))
    likeliest = 63 if part <= 4 else 64
    widths[likeliest] += 4096 - sum(widths)
    return widths


def _unzigzag(value: int) -> int:
    return value >> 1 ^ -(value & 1)
