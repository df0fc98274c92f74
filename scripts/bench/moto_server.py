"""moto's S3 on cheroot: its own server ends every connection after one answer, which stores do not.

moto_server.py PORT
"""

import os
import sys

from cheroot.wsgi import Server
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app


def main() -> None:
    port = int(sys.argv[1])
    os.environ["MOTO_PORT"] = str(port)
    application = DomainDispatcherApplication(create_backend_app)
    # A thread serves one connection at a time here, so there have to be enough.
    Server(("127.0.0.1", port), application, numthreads=64, timeout=300).start()


if __name__ == "__main__":
    main()
