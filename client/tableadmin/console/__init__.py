"""The console: a web page on this machine that shows and changes the tables of the service.

`console.py` puts it together. `http/` answers the browser and refuses everybody else, `live/` follows tables
and operations once for all open pages, `api/` has what the page can ask, and `page/` has the page itself:
HTML, CSS and JavaScript modules as they are served.
"""
