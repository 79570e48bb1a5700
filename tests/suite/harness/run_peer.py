"""Runs a peer, a Python module with its arguments, until standard input ends, which it does when the test binary
does, however."""

import os
import runpy
import signal
import sys
import threading


def end_with_the_parent():
    sys.stdin.buffer.read()
    # What the peer started, too, such as the functions of MiniStack: they are in this process group.
    os.killpg(0, signal.SIGKILL)


os.setpgid(0, 0)
threading.Thread(target=end_with_the_parent, daemon=True).start()
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
