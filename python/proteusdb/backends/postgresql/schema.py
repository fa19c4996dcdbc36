"""The tables of a PostgreSQL store, in the schema `proteusdb` of the database.

::

    predictions  (a view)  prediction_id, sequence, structure_data, metadata, created_at, ...     what is current
    versions     a row for each version of each prediction
    chains       the first 64 residues of each chain, which prefix patterns are looked up by
    blobs        structures, arrays, files: bytes by the hash of their content
    models       model_id, name, version, configuration, created_at
    analysis     analysis_id, prediction_id, results, parameters, created_at
    indexes      the fields an index was declared on; `versions.key_<number>` holds the keys
    meta, notes  the version of the tables, the time of the last commit; tags and the schema of metadata
    touched      the commit that last stored, changed or deleted a model or an analysis (schema 2)
    quarantine   what a repair set aside (schema 2)

Times are µs since 1970 in UTC. Metadata, configurations, results and parameters are `json`, not `jsonb`, which refuses
NUL in a text and forgets how a number was written; a cast gives what `jsonb` is wanted for.

Infix patterns are looked up by trigrams (`pg_trgm`) where the extension is there or may be made. Elsewhere the same
statement reads every sequence; `CREATE EXTENSION pg_trgm` by somebody who may, and `INFIX`, mend that later.

Invariants: texts sort by their bytes (`COLLATE "C"`), as everywhere in the library; `replaced_at` is NULL for the
newest version of a prediction, and the commit time of the next one else; the partial indexes cover the newest versions
that are no deletions, and a query that wants them says so in the words of `CURRENT`. `came` is the commit that brought
a version from elsewhere, and NULL where that is its own, `updated_at`.
"""

__all__ = ["CURRENT", "INFIX", "SCHEMA", "SCHEMA_NAME", "UPGRADES"]

SCHEMA_NAME = "proteusdb"

CURRENT = "v.replaced_at IS NULL AND NOT v.deleted"

_NOW = "WHERE replaced_at IS NULL AND NOT deleted"

INFIX = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    f"CREATE INDEX IF NOT EXISTS by_residues ON versions USING gin (sequence gin_trgm_ops) {_NOW}",
)
"""What makes infix patterns quick, where it is allowed."""

SCHEMA = (
    """
    CREATE TABLE versions (
        row bigint PRIMARY KEY,
        prediction_id text COLLATE "C" NOT NULL, version bigint NOT NULL, deleted boolean NOT NULL,
        updated_at bigint NOT NULL, created_at bigint NOT NULL,
        sequence text COLLATE "C" NOT NULL, chain_types text NOT NULL, length bigint NOT NULL,
        model_id text COLLATE "C", job text COLLATE "C", seed bigint, sample bigint, rank bigint,
        ranking_score double precision, confidence double precision, mean_plddt double precision,
        metadata json NOT NULL, parts json NOT NULL, replaced_at bigint,
        UNIQUE (prediction_id, version)
    )
    """,
    "CREATE UNIQUE INDEX newest ON versions (prediction_id) WHERE replaced_at IS NULL",
    f"CREATE INDEX by_model ON versions (model_id, created_at) {_NOW}",
    f"CREATE INDEX by_created ON versions (created_at) {_NOW}",
    f"CREATE INDEX by_confidence ON versions (confidence DESC NULLS LAST, prediction_id) {_NOW}",
    f"CREATE INDEX by_length ON versions (length) {_NOW}",
    f"CREATE INDEX by_job ON versions (job) {_NOW} AND job IS NOT NULL",
    """
    CREATE TABLE chains (
        start text COLLATE "C" NOT NULL, row bigint NOT NULL REFERENCES versions ON DELETE CASCADE,
        PRIMARY KEY (start, row)
    )
    """,
    "CREATE INDEX chains_by_row ON chains (row)",
    'CREATE TABLE blobs (key text COLLATE "C" PRIMARY KEY, uses bigint NOT NULL, data bytea NOT NULL)',
    # Blobs are packed already; trying once more would only cost time.
    "ALTER TABLE blobs ALTER COLUMN data SET STORAGE EXTERNAL",
    """
    CREATE TABLE models (
        number bigint GENERATED ALWAYS AS IDENTITY, model_id text COLLATE "C" PRIMARY KEY,
        name text COLLATE "C" NOT NULL, version text COLLATE "C", configuration json NOT NULL,
        created_at bigint NOT NULL
    )
    """,
    """
    CREATE TABLE analysis (
        analysis_id text COLLATE "C" PRIMARY KEY, prediction_id text COLLATE "C" NOT NULL, results json NOT NULL,
        parameters json NOT NULL, created_at bigint NOT NULL
    )
    """,
    "CREATE INDEX analysis_by_prediction ON analysis (prediction_id, analysis_id)",
    """
    CREATE TABLE indexes (
        place bigint GENERATED ALWAYS AS IDENTITY, number bigint NOT NULL UNIQUE, field text COLLATE "C" PRIMARY KEY
    )
    """,
    'CREATE TABLE meta (name text COLLATE "C" PRIMARY KEY, value bigint NOT NULL)',
    'CREATE TABLE notes (name text COLLATE "C" PRIMARY KEY, value text NOT NULL)',
    """
    CREATE VIEW predictions AS
    SELECT v.prediction_id, v.sequence, b.data AS structure_data, v.metadata, v.created_at, v.updated_at, v.version,
        v.length, v.chain_types, v.model_id, m.name AS model, m.version AS model_version, v.job, v.seed, v.sample,
        v.rank, v.ranking_score, v.confidence
    FROM versions v
    LEFT JOIN models m ON m.model_id = v.model_id
    LEFT JOIN blobs b ON b.key = CASE v.parts #>> '{0,0}' WHEN 'structure' THEN v.parts #>> '{0,3}' END
    WHERE v.replaced_at IS NULL AND NOT v.deleted
    """,
    "INSERT INTO meta (name, value) VALUES ('schema', 1), ('last_commit', 0)",
)
"""What makes a store of schema 1, in one transaction, in the schema `SCHEMA_NAME`, which is first in the search path;
`UPGRADES` make it one of the latest."""

UPGRADES = {
    2: (
        (
            "ALTER TABLE versions ADD COLUMN came bigint",
            "CREATE INDEX by_commit ON versions (coalesce(came, updated_at), prediction_id, version)",
            'CREATE TABLE touched (kind text, id text COLLATE "C", at bigint NOT NULL, PRIMARY KEY (kind, id))',
            "CREATE INDEX touched_by_commit ON touched (at)",
            """
            CREATE TABLE quarantine (
                number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, reason text NOT NULL,
                at bigint NOT NULL, content text NOT NULL
            )
            """,
        ),
        (
            "DROP TABLE quarantine",
            "DROP TABLE touched",
            "DROP INDEX by_commit",
            "ALTER TABLE versions DROP COLUMN came",
            "DELETE FROM notes WHERE name = 'standing'",
        ),
    )
}
"""Statements that lead to a schema from the one before, and back."""
