"""A DynamoDB and a Secrets Manager on loopback: prints its port, and ends with its standard input.

One request at a time: DynamoDB promises that two conditional updates of one item never overlap, and moto's
threads do not keep that promise.
"""

import os
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


def end_with_standard_input():
    sys.stdin.read()
    os._exit(0)


server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app))
threading.Thread(target=end_with_standard_input, daemon=True).start()
print(server.server_port, flush=True)
server.serve_forever()
