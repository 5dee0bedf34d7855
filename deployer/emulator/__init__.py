"""The Automation API on this machine: a WSGI application over SQLite, to be used in-process or over HTTP.

It knows nothing of the rest of the program, so that it can catch the rest of the program's mistakes.
"""

from deployer.emulator.app import Emulator, create_app
from deployer.emulator.server import Server, serve
from deployer.emulator.settings import Settings

__all__ = ["Emulator", "Server", "Settings", "create_app", "serve"]
