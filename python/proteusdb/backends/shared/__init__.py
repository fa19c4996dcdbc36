"""What back ends that keep versions as rows share; each engine is left with its statements.

::

    engine      Backend in terms of Tables: apply, get, query, ... for every engine
    tables      Tables, the protocol an engine implements: reads of rows, and write(changes), within one transaction
    rows        a version as a row of plain values, and its blobs by the hash of their content
    steps       operations -> changes of rows: what a store, an update, a delete means, decided in one place
    keeping     tags, differences, cleanup, schema: Backend's past, for engines whose tables know it
    past        which versions may go, and taking them
    histories   the history as a whole: backups, archives, restoring; quotas and schemas
    importing   versions, models and analyses as another store had them -> changes of rows
    standing    where a store stands in its history, as a note
    quota       how large a store may become, as a note
    opening     whether a store that is opened has the right schema
    upgrades/   the steps between schemas, one file each
    question    criteria -> what the tables answer by themselves, and what the core verifies row by row
    recompress  every structure in another profile
    check       whether all that is stored fits together
    sql         a question as SQL, for the engines that speak it
"""
