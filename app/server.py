"""The web app: gradio mounted on FastAPI, on this machine only.

Nothing heavy is imported before the page is up; the corpus and the model warm in a thread behind it.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.errors import AppError

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before gradio is imported: it looks up outside hosts

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names and addresses of this machine alone."""
CANVAS = Path(__file__).parent / "canvas"


class PortInUse(AppError):
    """The port is taken. The message is one line that names it and the next free one."""


class Exposed(AppError):
    """Asked to answer other machines, with neither a password nor a word that none is wanted."""


def serve(
    port: int = 7860,
    host: str = "127.0.0.1",
    password: str = "",
    open: bool = False,
    share_documents: bool = False,
) -> None:
    """Serve the app until Ctrl-C. What visitors from other machines add is theirs alone, unless `share_documents`.

    Raises `PortInUse` or `Exposed` before anything heavy is imported.
    """
    here = host in LOCAL
    if not here and not password and not open:
        raise Exposed(
            f"{host} can be reached from other machines: give --password WORD, or --open if everyone may come in."
        )
    sock = claim(port, host)
    visits = None
    # Several are answered at once; each with all cores would be slower for everybody.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        import uvicorn

        from app.documents import busy as adding
        from app.documents import stop
        from app.guard import Guard
        from app.turns import working
        from app.visits import Everyone, Visits
        from app.wire import Wire

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets=sockets)
                if self.started:
                    print(f"Orrery is at http://{host}:{port}  (Ctrl-C stops it)", flush=True)
                    warmth.start()

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                busy = working() or adding()
                stop()
                await super().shutdown(sockets=sockets)
                if busy:
                    # Nobody waits any more for what is worked at, and each document is written whole or not at all. The
                    # interpreter would wait for its threads, and abort on one that is inside torch.
                    if visits:
                        visits.close()
                    sys.stdout.flush()
                    os._exit(0)

        warmth = Warmth({"corpus": warm_corpus, "model": warm_model})
        app = make_app(warmth)
        if share_documents:
            app = Everyone(app)
        elif not here:
            app = visits = Visits(app)
        config = uvicorn.Config(
            Guard(app, LOCAL if here else frozenset(), password),
            log_level="warning",
            timeout_graceful_shutdown=1,
            lifespan="on",
            ws=Wire,
            ws_max_size=4096,
        )
        Server(config).run(sockets=[sock])
    except KeyboardInterrupt:
        pass
    finally:
        sock.close()
        if visits:
            visits.close()


def claim(port: int, host: str = "127.0.0.1") -> socket.socket:
    """A listening socket on `host:port`, held from now on."""
    if not 0 < port < 65536:
        raise PortInUse(
            f"Port {port} does not exist: choose one from 1 to 65535, as in `orrery serve --port 7860`."
        )
    sock = _bind(port, host)
    if sock is None:
        free = next((p for p in range(port + 1, min(port + 200, 65536)) if _is_free(p, host)), None)
        hint = f"try `orrery serve --port {free}`" if free else "stop what uses it, or choose another"
        raise PortInUse(f"Port {port} is in use on {host}: {hint}.")
    return sock


def _bind(port: int, host: str) -> socket.socket | None:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(128)  # two servers may both bind under SO_REUSEADDR, but only one may listen
    except OSError:
        sock.close()
        return None
    return sock


def _is_free(port: int, host: str) -> bool:
    sock = _bind(port, host)
    if sock is not None:
        sock.close()
    return sock is not None


class Warmth:
    """Runs each named job once in one background thread. `state`: name -> warming, ready, or what went wrong."""

    def __init__(self, jobs: dict[str, Callable[[], object]]):
        self.jobs = jobs
        self.state = dict.fromkeys(jobs, "warming")
        self.thread = threading.Thread(target=self._run, name="warm", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def join(self) -> None:
        self.thread.join()

    def _run(self) -> None:
        for name, job in self.jobs.items():
            try:
                job()
                self.state[name] = "ready"
            except Exception as error:
                self.state[name] = f"{name} is not ready: {error}".splitlines()[0]


def warm_corpus() -> None:
    """Open the index and the embedder, and all that stands beside an answer, by asking something."""
    from agents.contrast.assistant import assist
    from corpus.answering.answer import ask
    from corpus.answering.stance import beside
    from corpus.retrieval.index import open_corpus

    answer, corpus = ask("What is a world model?"), open_corpus()
    beside(answer, corpus)
    assist(answer.question, corpus.embedder)


def warm_model() -> None:
    """Load the planning stack by running one cheap episode, and the dreams by dreaming a step."""
    from agents.config import PlanConfig
    from agents.dream import Dream
    from agents.episode import plan_episode

    plan_episode(PlanConfig(num_samples=32, iterations=1)).to_json()
    Dream("two-rooms-jepa").act([0, 1, 0, 0])


def make_app(warmth: Warmth) -> Any:
    """The FastAPI app: our modules and styles, one source by its id, the user's documents, what is ready, and gradio
    at `/`."""
    import gradio as gr
    from fastapi import FastAPI
    from fastapi.staticfiles import StaticFiles

    from app import contrast, documents, dream, lab, plan, reading
    from app.theme import HEAD, make_theme

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for part in (documents, reading, contrast, plan, dream, lab):
        app.include_router(part.routes)
    app.mount("/canvas", StaticFiles(directory=CANVAS), name="canvas")

    @app.get("/api/ready")
    def ready() -> dict[str, str]:
        return warmth.state

    return gr.mount_gradio_app(
        app,
        make_page(),
        path="/",
        server_name="127.0.0.1",
        theme=make_theme(),
        head=HEAD,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        enable_monitoring=False,
    )


def make_page() -> Any:
    """The page: a header and one tab a file of `app/tabs`."""
    import gradio as gr

    from app.tabs import ask, contrast, dream, lab, plan, trends

    with gr.Blocks(title="Orrery", analytics_enabled=False, fill_width=True) as page:
        gr.HTML(
            html_template='<div class="mount"></div>',
            apply_default_css=False,
            js_on_load="import('/canvas/header.js').then(m => m.mount({element}))",
            elem_id="header",
        )
        with gr.Tabs(elem_id="tabs"):
            for tab in (ask, contrast, plan, dream, lab, trends):
                with gr.Tab(tab.TITLE, id=tab.TITLE.lower(), render_children=True):
                    tab.build()
    return page
