# SPDX-License-Identifier: MIT
# Threads, a child process, and libraries that are loaded late.
import ctypes
import json
import subprocess
import threading

threads = [threading.Thread(target=lambda: [str(i) * 10 for i in range(5000)]) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(json.dumps(list(range(1000)))))
print(subprocess.run(["echo", "child"], capture_output=True).stdout)
print(ctypes.CDLL(None).getpid() > 0)
