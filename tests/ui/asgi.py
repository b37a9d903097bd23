"""Requests that reach a Door without a server: their bodies come in messages, as ASGI hands them on."""

import asyncio

JOIN = "gradio_api/queue/join"


async def taking(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def posted(receive, guard, path="/" + JOIN, client="192.0.2.1", method="POST", **headers):
    """The status of a Door's answer."""
    sent = []

    async def send(message):
        sent.append(message)

    named = {"content-type": "application/json", **headers}
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": pairs, "client": (client, 5000)}
    await guard(scope, receive, send)
    return sent[0]["status"]


def coming(requests):
    """The receive of these messages; None: nothing comes for a long time."""
    each = iter(requests)

    async def receive():
        found = next(each, None)
        return await asyncio.sleep(60) if found is None else found

    return receive


def part(body, more=True):
    return {"type": "http.request", "body": body, "more_body": more}
