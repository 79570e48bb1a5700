"""Runs MiniStack until standard input ends, which it does when the test binary does, however."""

import os
import runpy
import signal
import sys
import threading


def end_with_the_parent():
    sys.stdin.buffer.read()
    # The functions that MiniStack started, too: they are in this process group.
    os.killpg(0, signal.SIGKILL)


os.setpgid(0, 0)
threading.Thread(target=end_with_the_parent, daemon=True).start()
sys.argv = ["ministack"]
runpy.run_module("ministack", run_name="__main__")
