"""`giveway operator`: run the Kubernetes operator, in a cluster or beside one."""

from typing import Annotated

import typer

app = typer.Typer(
    help="The Kubernetes operator: scales the workers of PriorityQueues and keeps them well.",
    no_args_is_help=True,
)


@app.callback()
def _operator() -> None:
    pass  # one verb alone would make `giveway operator` mean `run`


def _formats(incomplete: str) -> list[str]:
    """For tab completion."""
    return [word for word in ("text", "json") if word.startswith(incomplete)]


def _levels(incomplete: str) -> list[str]:
    known = ("DEBUG", "INFO", "WARNING", "ERROR")
    return [word for word in known if word.startswith(incomplete)]


@app.command("run")
def run(
    *,
    namespace: Annotated[
        list[str] | None,
        typer.Option(
            "--namespace",
            "-n",
            metavar="NAMESPACE",
            help="Look after this namespace only; may be given several times. "
            "(GIVEWAY_OPERATOR_NAMESPACES, with commas)",
        ),
    ] = None,
    all_namespaces: Annotated[
        bool,
        typer.Option(
            "--all-namespaces", "-A", help="Look after the whole cluster, as it does by itself."
        ),
    ] = False,
    context: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A context of the kubeconfig, outside of a cluster."),
    ] = None,
    poll_seconds: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="How often every queue is looked at (2)."),
    ] = None,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            help="Where /metrics, /healthz and /readyz are served (9401); 0: nowhere.",
        ),
    ] = None,
    log: Annotated[
        str | None,
        typer.Option(metavar="FORMAT", help="text or json (text).", autocompletion=_formats),
    ] = None,
    log_level: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL", help="DEBUG, INFO, WARNING or ERROR (INFO).", autocompletion=_levels
        ),
    ] = None,
) -> None:
    """Watch PriorityQueues and scale their workers, until SIGTERM.

    In a pod it talks to its own cluster; elsewhere to the one of the kubeconfig (KUBECONFIG, or
    ~/.kube/config). Of several operators with the same Lease one acts, and another takes over.

    Every option has a variable (`--poll-seconds`: GIVEWAY_OPERATOR_POLL_SECONDS); docs/operator.md
    lists them all.

    For example:

        giveway operator run                         # the whole cluster
        giveway operator run -n shop -n packaging    # two namespaces
        giveway operator run --context kind-dev      # from a developer's machine
    """
    import asyncio
    import logging
    import os

    from giveway.errors import ConfigurationError
    from giveway.telemetry import logs
    from giveway.telemetry.events import event

    try:
        from giveway_operator import main, settings
    except ModuleNotFoundError as missing:
        raise ConfigurationError(
            f"{missing.name} is not installed: pip install 'giveway[operator]'"
        ) from None
    if all_namespaces and namespace:
        raise typer.BadParameter("--namespace and --all-namespaces exclude each other")
    chosen = settings.load(
        namespaces=() if all_namespaces else tuple(namespace) if namespace else None,
        context=context,
        poll_seconds=poll_seconds,
        metrics_port=metrics_port,
        log=log,
        log_level=log_level,
    )
    logs.configure(chosen.log, chosen.log_level, running=lambda: None, constants={})
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # a line for each request
    for line in settings.misspelt(os.environ):
        event("setting_unknown", level="warning", message=line)
    asyncio.run(main.run(chosen))
