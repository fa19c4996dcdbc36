"""Every store that is compared, ours first."""

from peers import Folder, Lmdb, LmdbRaw, LmdbZstd, Peer, Proteus, ProteusPlain, ProteusSmall, Rocks, Sqlite

from others import Duck, Foldcomp, Lance, Server

PEERS: tuple[type[Peer], ...] = (
    Proteus, ProteusSmall, ProteusPlain, LmdbRaw, Lmdb, LmdbZstd, Sqlite, Rocks, Duck, Lance, Server, Foldcomp, Folder,
)  # fmt: skip
