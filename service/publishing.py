"""The command that uploads a release to a SPARQL 1.1 endpoint."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

from evidensgraf.graph.upload import upload
from evidensgraf.graph.writing import writer
from evidensgraf.service.backend import endpoint_of
from evidensgraf.service.running import CommandError, progress, release_for
from evidensgraf.service.settings import SettingsError, read_settings


def publish(options: Namespace) -> int:
    """Upload a release to the endpoint in the options or in the environment, where services then answer from it."""
    settings = read_settings()
    url = settings.endpoint
    if options.endpoint:
        try:
            url = read_settings({"EVIDENSGRAF_ENDPOINT": options.endpoint}).endpoint
        except SettingsError as error:
            raise CommandError(str(error).replace("EVIDENSGRAF_ENDPOINT", "--endpoint")) from None
    if not url:
        raise CommandError("name the endpoint with --endpoint, or in EVIDENSGRAF_ENDPOINT")
    endpoint = replace(endpoint_of(settings), query=url)
    to = writer(endpoint, store=options.graph_store, update=options.update, how=options.by)
    upload(endpoint, to, release_for(options), settle=options.settle, progress=progress())
    print(f"{url}\nServe it with: EVIDENSGRAF_ENDPOINT={url} evidensgraf serve")
    return 0
