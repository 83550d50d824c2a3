"""A server whose event loop hangs from SIGUSR1 on."""

import signal
import time

from tableadmin_server.__main__ import main

if __name__ == "__main__":
    # Python runs handlers in the main thread, which is the one of the event loop.
    signal.signal(signal.SIGUSR1, lambda *_: time.sleep(600))
    main()
