"""Real servers for the tests, each started by the test that needs it and ended with it.

::

    postgresql.py   a cluster of its own below a temporary folder, on a free port of the loopback interface
    mongodb.py      a server that speaks MongoDB's protocol, kept in a file so that it can be killed and started again
    server.py       what all have in common: a port, a process, a log, patience
    need.py         what happens where a server's programs are absent

A server is killed without mercy (`kill`) and started on the same data (`start`), as a machine would treat it.
"""
