"""HTTP on loopback: who may ask, what is answered, and the headers of every answer."""
