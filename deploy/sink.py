"""A mail server that misbehaves on demand, to try faults on.

    python -m deploy.sink PORT CONTROL

It serves mail on PORT. On CONTROL it takes one JSON object a line and answers each with one:
`{"rules": [...]}` ends all connections and replaces the rules, `{"release": true}` lets everything
that hangs go on, `{"listen": false}` closes PORT; every answer has `count` and `hanging`, and with
it `taken`, the mails it has taken, unless asked to be `{"brief": true}`.

A rule says at which step (greet, ehlo, mail, rcpt, data, text) what is done, how many `times`
(for each recipient where one is known by then), and for whom:
`{"at": "rcpt", "do": "451", "times": 1, "to": "greylisted"}`. What is done is a reply's code, or
hang, late (replies after `seconds`), or drop (breaks off). `{"at": "most", "mails": 2}` ends each
connection with 421 after two mails. `{"at": "random", "share": 0.2}` does one of several at random.
"""

import asyncio
import json
import random
import re
import sys
from collections import Counter

WORDS = {
    "421": "421 4.7.0 Too much, try again later",
    "451": "451 4.7.1 Greylisted, try again later",
    "452": "452 4.3.1 Out of space, try again later",
    "550": "550 5.1.1 User unknown",
    "554": "554 5.7.1 We do not serve you",
}
AT_RANDOM = [
    ("rcpt", "451"),
    ("rcpt", "drop"),
    ("rcpt", "hang"),
    ("mail", "421"),
    ("data", "drop"),
    ("text", "452"),
    ("text", "drop"),
]
MESSAGE_ID = re.compile(rb"(?im)^Message-ID: *(\S+)")
ADDRESS = re.compile(r"<([^>]*)>")


class Dropped(Exception):
    """The connection is broken off."""


class Sink:
    """What is done at which step, and the mails taken so far."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.rules: list[dict] = []
        self.done: Counter = Counter()
        self.taken: list[dict] = []
        self.hanging = 0
        self.released = asyncio.Event()
        self.open: set[asyncio.StreamWriter] = set()
        self.dice = random.Random(4)  # noqa: S311 no secret

    def what(self, step: str, recipient: str) -> dict:
        """Return the rule that applies now, and count it."""
        for number, rule in enumerate(self.rules):
            if rule["at"] != step or rule.get("to", "") not in recipient:
                continue
            key = (number, recipient)
            if self.done[key] < rule.get("times", 10**9):
                self.done[key] += 1
                return rule
        return {}

    def chance(self) -> tuple[str, str]:
        """Return at which step of this mail what is done by chance, mostly nothing."""
        for rule in self.rules:
            if rule["at"] == "random" and self.dice.random() < rule["share"]:
                return self.dice.choice(AT_RANDOM)
        return ("", "")

    def most(self) -> int:
        return next((rule["mails"] for rule in self.rules if rule["at"] == "most"), 10**9)

    async def order(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Obey one line after the other."""
        while line := await reader.readline():
            asked = json.loads(line)
            if "rules" in asked:
                self.rules, self.done = asked["rules"], Counter()
                self.hang_up()
            if asked.get("release"):
                self.released.set()
                self.released = asyncio.Event()
            if "listen" in asked:
                await self.listen(asked["listen"])
            answer: dict = {"count": len(self.taken), "hanging": self.hanging}
            if not asked.get("brief"):
                answer["taken"] = self.taken
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()

    async def listen(self, wanted: bool) -> None:
        """Open or close the port for mail."""
        if wanted:
            self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        else:
            self.server.close()
            self.hang_up()

    def hang_up(self) -> None:
        """End all connections."""
        for writer in self.open:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Lead one conversation after the other on a connection."""
        self.open.add(writer)
        try:
            await Talk(self, reader, writer).lead()
        except (Dropped, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open.discard(writer)
            writer.transport.abort()


class Talk:
    """One connection."""

    def __init__(
        self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.sink, self.reader, self.writer = sink, reader, writer
        self.recipient, self.mails, self.fate = "", 0, ("", "")

    async def lead(self) -> None:
        await self.step("greet", "220 sink")
        while line := (await self.reader.readline()).decode().strip():
            verb = line[:4].upper()
            if verb == "EHLO":
                await self.step("ehlo", "250-sink\r\n250 8BITMIME")
            elif verb == "MAIL":
                self.recipient, self.fate = "", self.sink.chance()
                if self.mails >= self.sink.most():
                    await self.say(WORDS["421"])
                    raise Dropped
                await self.step("mail", "250 OK")
            elif verb == "RCPT":
                found = ADDRESS.search(line)
                self.recipient = found.group(1) if found else ""
                await self.step("rcpt", "250 OK")
            elif verb == "DATA":
                if await self.step("data", "354 Go on"):
                    await self.take()
            elif verb == "QUIT":
                await self.say("221 Bye")
                raise Dropped
            else:
                await self.say("250 OK")

    async def take(self) -> None:
        """Read the text; it is taken unless the reply says otherwise, heard or not."""
        text = await self.reader.readuntil(b"\r\n.\r\n")
        found = MESSAGE_ID.search(text)
        self.mails += 1
        message_id = found.group(1).decode() if found else ""
        mail = {"to": self.recipient, "id": message_id, "answered": False}
        rule = self.rule("text")
        if rule.get("do", "") not in WORDS:
            self.sink.taken.append(mail)
        await self.act(rule, "250 2.0.0 OK queued as 4Q7")
        mail["answered"] = True

    async def step(self, name: str, reply: str) -> bool:
        return await self.act(self.rule(name), reply)

    def rule(self, step: str) -> dict:
        if self.fate[0] == step:
            return {"do": self.fate[1]}
        return self.sink.what(step, self.recipient)

    async def act(self, rule: dict, reply: str) -> bool:
        """Do what the rule says; return whether that was the good reply."""
        do = rule.get("do", "")
        if do == "drop":
            raise Dropped
        if do in WORDS:
            await self.say(WORDS[do])
            if do in ("421", "554"):
                raise Dropped
            return False
        if do in ("hang", "late"):
            await self.pause(rule.get("seconds", 3_600))
        await self.say(reply)
        return True

    async def pause(self, seconds: float) -> None:
        """Say nothing for a while, until released, or until the other side has gone."""
        self.sink.hanging += 1
        gone = asyncio.ensure_future(self.reader.read(1))
        released = asyncio.ensure_future(self.sink.released.wait())
        done, rest = await asyncio.wait(
            {gone, released}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        self.sink.hanging -= 1
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        if gone in done:
            raise Dropped

    async def say(self, reply: str) -> None:
        self.writer.write(reply.encode() + b"\r\n")
        await self.writer.drain()


async def main(port: int, control: int) -> None:
    """Serve until the process ends."""
    sink = Sink(port)
    await sink.listen(True)
    orders = await asyncio.start_server(sink.order, "127.0.0.1", control, limit=2**24)
    await orders.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
