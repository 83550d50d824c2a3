"""The configuration of a server that takes one static token, in front of a scripted endpoint."""

from pathlib import Path

from tableadmin_server.security.authentication.static_tokens import digest_of

TOKEN = "tableadmin_0123456789abcdef"


def config_with_token(folder: Path, endpoint_url: str, *more: str) -> Path:
    """A file in FOLDER: TOKEN is the principal Service::ci/deploy in the group ci/pipelines.

    ENDPOINT_URL is what the server calls. MORE are other tables of the configuration.
    """
    file = folder / "config.toml"
    file.write_text(
        f"""
        [authenticators.ci]
        kind = "token"
        principals = "Service"
        tokens = [{{ name = "deploy", sha256 = "{digest_of(TOKEN)}", groups = ["pipelines"] }}]
        [endpoints.scripted]
        endpoint_url = "{endpoint_url}"
        region = "us-west-2"
        operations_table = ""
        """
        + "\n".join(more)
    )
    return file
