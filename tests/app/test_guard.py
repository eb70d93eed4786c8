"""The door: other names, other sites and people without the password stay out, the WebSocket included."""

from __future__ import annotations

import pytest
from fastapi import FastAPI, WebSocket
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.guard import Guard
from app.server import LOCAL, Exposed, serve

HOME = "http://127.0.0.1:7860"


def rooms() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def read() -> str:
        return "inside"

    @app.put("/")
    def change() -> str:
        return "changed"

    @app.websocket("/ws")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")

    return app


def client(password: str = "", address: str = HOME) -> TestClient:
    return TestClient(Guard(rooms(), LOCAL, password), base_url=address, follow_redirects=False)


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost", "[::1]:7860"])
def test_this_machine_is_answered_by_its_names(host):
    assert client().get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:7860", "", "[::1", "localhost.evil.example"]
)
def test_a_name_that_was_pointed_here_from_outside_is_refused(host):
    reply = client().get("/", headers={"host": host})
    assert reply.status_code == 403
    assert "inside" not in reply.text


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:7861", "https://127.0.0.1.evil.example"]
)
def test_a_page_of_another_site_can_change_nothing(origin):
    assert client().put("/", headers={"origin": origin}).status_code == 403
    with pytest.raises(WebSocketDisconnect), client().websocket_connect("/ws", headers={"origin": origin}):
        pass


def test_the_apps_own_page_may():
    assert client().put("/", headers={"origin": HOME}).status_code == 200
    with client().websocket_connect("/ws", headers={"origin": HOME, "host": "127.0.0.1:7860"}) as socket:
        assert socket.receive_text() == "hello"


def test_nothing_is_shown_without_the_password_and_a_wrong_one_opens_nothing():
    door = client("open sesame")
    assert door.get("/").status_code == 401
    assert "inside" not in door.get("/").text
    with (
        pytest.raises(WebSocketDisconnect),
        door.websocket_connect("/ws", headers={"host": "127.0.0.1:7860"}),
    ):
        pass
    wrong = door.post("/login", data={"password": "<b>guess</b>"})
    assert wrong.status_code == 401
    assert "guess" not in wrong.text
    door.cookies.set("orrery", "0" * 64)
    assert door.get("/").status_code == 401


def test_the_password_opens_once_and_for_all():
    door = client("open sesame")
    right = door.post("/login", data={"password": "open sesame"})
    assert right.status_code == 303
    assert "HttpOnly" in right.headers["set-cookie"]
    assert "SameSite=Strict" in right.headers["set-cookie"]
    assert "sesame" not in right.headers["set-cookie"]
    assert door.get("/").json() == "inside"


def test_every_page_carries_a_policy():
    headers = client().get("/").headers
    assert "object-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_other_machines_are_let_in_only_on_purpose():
    with pytest.raises(Exposed, match="--password"):
        serve(7860, "0.0.0.0")
