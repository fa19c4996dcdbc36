"""What people see of a prediction: in a notebook, in plots, and on a page of its own.

::

    Prediction ─┬ _repr_html_ ── summary.py    a table and a strip of pLDDT, as notebooks show it
                ├ show() ─────── notebook.py   3D, by py3Dmol
                ├ plot_...() ─── plots.py      pLDDT and PAE, by matplotlib
                └ to_html() ──── page.py       one file that needs nothing else
                                  ├ drawing.py   the structure as what is drawn of it
                                  ├ matrix.py    PAE as a picture's bytes
                                  └ page.css, viewer.js, page.js

Nothing here is imported before it is asked for. Text of the database is escaped wherever it becomes HTML or script.
"""
