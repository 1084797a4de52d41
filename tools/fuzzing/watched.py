"""Runs a rank's program under mpirun and writes down how it ended and the most memory that it had resident.

    watched.py FOLDER PROGRAM ARGUMENT…

Appends `RANK STATUS KIB` to FOLDER/peaks, STATUS negative for a signal. Exits as the program did."""

import ctypes
import os
import signal
import sys

folder, *command = sys.argv[1:]
child = os.fork()
if child == 0:
    # mpirun kills this process when the job ends early: the program must not outlive it.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    os.execv(command[0], command)
for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda number, _: os.kill(child, number))
_, status, usage = os.wait4(child, 0)
code = os.waitstatus_to_exitcode(status)
with open(f"{folder}/peaks", "a") as file:
    file.write(f"{os.environ.get('OMPI_COMM_WORLD_RANK', 0)} {code} {usage.ru_maxrss}\n")
os._exit(code if code >= 0 else 128 - code)
