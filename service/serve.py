"""Serving a release: the command that runs for weeks, and has its first answer ready as soon as it can.

What takes long to import is imported when the engine has been told to start.
"""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from evidensgraf.graph.pool import LocalEngine
from evidensgraf.service.logs import configure
from evidensgraf.service.running import CommandError, engine_for, run, start, started
from evidensgraf.service.serving import Served
from evidensgraf.service.settings import Settings, read_settings
from evidensgraf.service.swap import Swap, newest

if TYPE_CHECKING:
    from evidensgraf.graph.remote import RemoteEngine
    from evidensgraf.service.renewal import Renewal


def serve(options: Namespace) -> int:
    """Serve a release until interrupted."""
    settings = read_settings()
    settings = replace(
        settings, host=options.host or settings.host, port=settings.port if options.port is None else options.port
    )
    configure(settings)
    with _listen(settings.host, settings.port) as listener:
        run(_serve(options, settings, listener))
    return 0


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=512)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(f"port {port} on {host} is taken. Choose another with --port.") from error
        reason = error.strerror or error
        raise CommandError(f"cannot listen on {host}, port {port}: {reason}. See --host and --port.") from error


async def _serve(options: Namespace, settings: Settings, listener: socket.socket) -> None:
    starting = asyncio.create_task(start(options, settings))
    await asyncio.sleep(0)  # its process loads the release while this one loads the rest of the program
    from evidensgraf.service.app import create_app
    from evidensgraf.service.server import Server
    from evidensgraf.service.warming import Warming, settle

    engine = await starting
    release = engine.release
    app = create_app(engine, release, settings)
    renewal = _renewal(app.state.served, options, settings, engine)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, renewal.ask)
    server = Server(app, settings)
    settle()
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not running.done():
        await asyncio.sleep(0.01)
    host, port = listener.getsockname()[:2]
    print(f"Evidensgraf release {release.id} (sha256 {release.digest[:12]}…)\nhttp://{host}:{port}/", flush=True)
    print("Stop with Ctrl+C.", file=sys.stderr)
    warming = Warming(app.state.served)
    try:
        await running
    finally:
        await warming.close()
        await renewal.close()
        await app.state.served.serving.close()


def _renewal(served: Served, options: Namespace, settings: Settings, engine: LocalEngine | RemoteEngine) -> Renewal:
    """Have another release served when that is asked for, and when the settings say so as soon as it is there."""
    if not isinstance(engine, LocalEngine):
        from evidensgraf.service.backend import Following

        following = Following(served, settings)
        following.watch(settings.endpoint_poll)
        return following

    def find() -> Path:
        return Path(options.release).resolve() if options.release else newest(options.releases)

    swap = Swap(served, settings, find, lambda release: started(engine_for(release, settings, engine.activity)))
    if settings.watch:
        swap.watch(settings.watch)
    return swap
