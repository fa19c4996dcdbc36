"""The tables of an SQLite store.

::

    predictions  (a view)  prediction_id, sequence, structure_data, metadata, created_at, ...     what is current
    versions     a row for each version of each prediction
    chains       the first 64 residues of each chain, which prefix patterns are looked up by
    grams        letters in threes of the sequences of rows up to `meta.grams`, which `compact` brings up to date
    blobs        structures, arrays, files: bytes by the hash of their content
    models       model_id, name, version, configuration, created_at
    analysis     analysis_id, prediction_id, results, parameters, created_at
    indexes      the fields an index was declared on; `versions.key_<number>` holds the keys
    touched      the commit that last stored, changed or deleted a model or an analysis (schema 2)
    quarantine   what a repair set aside (schema 2)

Times are µs since 1970 in UTC. Metadata, configurations, results and parameters are JSON; a datetime in them is
`{"$time": "2024-03-01T12:00:00Z"}`, an array `{"$array": [dtype, shape, base64]}`. The blob of a structure is in the
format of the library's codec, and `parts` of a version lists [kind, name, bytes, key of the blob].

`predictions` can be read with plain SQL and not be written: what stands in the other tables must fit together.

Invariants: `replaced_at` is NULL for the newest version of a prediction, and the commit time of the next one else; the
partial indexes cover the newest versions that are no deletions, and a query that wants them says so in the words of
`CURRENT`. `came` is the commit that brought a version from elsewhere, and NULL where that is its own, `updated_at`.
"""

__all__ = ["APPLICATION_ID", "CURRENT", "FILL_GRAMS", "GRAMS", "SCHEMA", "UPGRADES"]

APPLICATION_ID = 0x50726F74
"""`Prot`, at offset 68 of the file: it is ours."""

CURRENT = "v.replaced_at IS NULL AND v.deleted = 0"

_NOW = "WHERE replaced_at IS NULL AND deleted = 0"

SCHEMA = (
    """
    CREATE TABLE versions (
        row INTEGER PRIMARY KEY,
        prediction_id TEXT NOT NULL, version INTEGER NOT NULL, deleted INTEGER NOT NULL,
        updated_at INTEGER NOT NULL, created_at INTEGER NOT NULL,
        sequence TEXT NOT NULL, chain_types TEXT NOT NULL, length INTEGER NOT NULL,
        model_id TEXT, job TEXT, seed INTEGER, sample INTEGER, rank INTEGER,
        ranking_score REAL, confidence REAL, mean_plddt REAL,
        metadata TEXT NOT NULL, parts TEXT NOT NULL, replaced_at INTEGER,
        UNIQUE (prediction_id, version)
    ) STRICT
    """,
    f"CREATE INDEX by_model ON versions (model_id, created_at) {_NOW}",
    f"CREATE INDEX by_created ON versions (created_at) {_NOW}",
    f"CREATE INDEX by_confidence ON versions (confidence DESC, prediction_id) {_NOW}",
    f"CREATE INDEX by_length ON versions (length) {_NOW}",
    f"CREATE INDEX by_job ON versions (job) {_NOW} AND job IS NOT NULL",
    "CREATE TABLE chains (start TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (start, row)) STRICT, WITHOUT ROWID",
    "CREATE INDEX chains_by_row ON chains (row)",
    "CREATE TABLE blobs (key TEXT NOT NULL UNIQUE, uses INTEGER NOT NULL, data BLOB NOT NULL) STRICT",
    """
    CREATE TABLE models (
        number INTEGER PRIMARY KEY, model_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, version TEXT,
        configuration TEXT NOT NULL, created_at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE analysis (
        analysis_id TEXT NOT NULL UNIQUE, prediction_id TEXT NOT NULL, results TEXT NOT NULL, parameters TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX analysis_by_prediction ON analysis (prediction_id, analysis_id)",
    """
    CREATE TABLE indexes (
        place INTEGER PRIMARY KEY, number INTEGER NOT NULL UNIQUE, field TEXT NOT NULL UNIQUE
    ) STRICT
    """,
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID",
    """
    CREATE VIEW predictions AS
    SELECT v.prediction_id, v.sequence, b.data AS structure_data, v.metadata, v.created_at, v.updated_at, v.version,
        v.length, v.chain_types, v.model_id, m.name AS model, m.version AS model_version, v.job, v.seed, v.sample,
        v.rank, v.ranking_score, v.confidence
    FROM versions v
    LEFT JOIN models m ON m.model_id = v.model_id
    LEFT JOIN blobs b
        ON b.key = CASE json_extract(v.parts, '$[0][0]') WHEN 'structure' THEN json_extract(v.parts, '$[0][3]') END
    WHERE v.replaced_at IS NULL AND v.deleted = 0
    """,
    f"PRAGMA application_id = {APPLICATION_ID}",
    "PRAGMA user_version = 1",
)
"""What makes an empty file a store of schema 1, in one transaction; `UPGRADES` make it one of the latest."""

UPGRADES = {
    2: (
        (
            "ALTER TABLE versions ADD COLUMN came INTEGER",
            "CREATE INDEX by_commit ON versions (ifnull(came, updated_at), prediction_id, version)",
            """
            CREATE TABLE touched (
                kind TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (kind, id)
            ) STRICT, WITHOUT ROWID
            """,
            "CREATE INDEX touched_by_commit ON touched (at)",
            """
            CREATE TABLE quarantine (
                number INTEGER PRIMARY KEY, name TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,
                content TEXT NOT NULL
            ) STRICT
            """,
        ),
        (
            "DROP TABLE quarantine",
            "DROP TABLE touched",
            "DROP INDEX by_commit",
            "ALTER TABLE versions DROP COLUMN came",
            "DELETE FROM meta WHERE name = 'note standing'",
        ),
    )
}
"""Statements that lead to a schema from the one before, and back."""

GRAMS = "CREATE VIRTUAL TABLE grams USING fts5(sequence, content = '', tokenize = 'trigram', detail = 'none')"
"""Made where SQLite has FTS5. What it says of rows that are gone does no harm: it leads to sequences that are looked at
again."""

FILL_GRAMS = (
    "INSERT INTO grams (grams) VALUES ('delete-all')",
    "INSERT INTO grams (rowid, sequence) SELECT row, sequence FROM versions",
    "REPLACE INTO meta (name, value) SELECT 'grams', ifnull(max(row), 0) FROM versions",
)
