"""What the three kinds of sequence pattern match, and what they refuse."""

from __future__ import annotations

import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import QueryError

from .base import Base

__all__ = ["Patterns"]

_SEQUENCES = ["MLSKG", "MKLS", "mlsk:ACDE", "ACDE:MLSKP", "MXBZ", "M", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]


class Patterns(Base):
    """`sequence_pattern`."""

    @pytest.mark.parametrize(
        ("pattern", "expected"),
        [
            # A glob without a colon matches one whole chain, in either case.
            ("MLS*", ["MLSKG", "MLSK:ACDE", "ACDE:MLSKP"]),
            ("mls*", ["MLSKG", "MLSK:ACDE", "ACDE:MLSKP"]),
            ("M", ["M"]),
            ("M*", ["MLSKG", "MKLS", "MLSK:ACDE", "ACDE:MLSKP", "MXBZ", "M"]),
            ("*LS*", ["MLSKG", "MKLS", "MLSK:ACDE", "ACDE:MLSKP"]),
            ("M??S", ["MKLS"]),
            ("*[GP]", ["MLSKG", "ACDE:MLSKP"]),
            ("MLSK[!G]", ["ACDE:MLSKP"]),
            ("*", _SEQUENCES),
            # With a colon it matches the whole sequence; no wildcard crosses a colon.
            ("MLSK:*", ["MLSK:ACDE"]),
            ("*:*", ["MLSK:ACDE", "ACDE:MLSKP"]),
            ("*K:A*", ["MLSK:ACDE"]),
            ("MLSK*E", []),
            ("MLSK?ACDE", []),
            ("MLSK[!G]ACDE", []),
            # X, B and Z in a stored sequence match themselves, wildcards and negated classes only.
            ("MXBZ", ["MXBZ"]),
            ("M?B?", ["MXBZ"]),
            ("MX[DN]Z", []),
            ("M[!A]BZ", ["MXBZ"]),
            # Not one way is tried after the other.
            ("*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*A*C", []),
            ("re:LSK[GP]", ["MLSKG", "ACDE:MLSKP"]),
            ("re:^ML", ["MLSKG", "MLSK:ACDE", "ACDE:MLSKP"]),
            ("re:ls$", ["MKLS"]),
            ("re:K.?A", []),
            ("re:^.$", ["M"]),
            ("re:A{29}", ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]),
            ("prosite:L-S-K-[GP]", ["MLSKG", "ACDE:MLSKP"]),
            ("prosite:<M-x-S", ["MLSKG", "MLSK:ACDE", "ACDE:MLSKP"]),
            ("prosite:M-x(1,2)-S-{P}", ["MLSKG", "MLSK:ACDE", "ACDE:MLSKP"]),
            ("prosite:K-[G>]", ["MLSKG", "MLSK:ACDE"]),
            ("prosite:L-S>.", ["MKLS"]),
            ("prosite:M-x-x-Z", ["MXBZ"]),
            ("prosite:M-x-[DN]-Z", []),
        ],
    )
    def test_a_pattern_finds_exactly(self, db: DatabaseManager, pattern: str, expected: list[str]) -> None:
        for sequence in _SEQUENCES:
            db.store_prediction(sequence, None)
        found = [p.sequence for p in db.query_predictions(sequence_pattern=pattern)]
        assert sorted(found) == sorted(sequence.upper() for sequence in expected)
        assert db.count(sequence_pattern=pattern) == len(expected)

    @pytest.mark.parametrize(
        "pattern",
        [
            "",
            "M[",
            "M[]",
            "M[A",
            "M1",
            "M-K",
            "M{P}",
            "re:(",
            "re:[",
            "re:(?=M)",
            "prosite:",
            "prosite:N-[ST",
            "prosite:x(4,2)",
        ],
    )
    def test_a_bad_pattern_is_refused(self, db: DatabaseManager, pattern: str) -> None:
        db.store_prediction("MKT", None)
        with pytest.raises(QueryError):
            db.query_predictions(sequence_pattern=pattern)

    def test_long_sequences_match_beyond_any_index(self, db: DatabaseManager) -> None:
        long = "A" * 5_000
        db.store_prediction(long + "C", None, prediction_id="c")
        db.store_prediction(long + "D", None, prediction_id="d")
        assert db.query_ids(sequence_pattern="A" * 300 + "*C") == ["c"]
        assert db.query_ids(sequence_pattern="*D") == ["d"]
        assert db.query_ids(sequence_pattern=long + "C") == ["c"]
