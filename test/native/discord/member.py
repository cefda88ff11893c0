"""member.py discord|disnake JOB.json: sits in a voice channel as a person, by a library of others.

Each line "speak" on stdin speaks the packets of the job, and the end of stdin ends it. Prints "joined", "spoken",
and "heard BASE64" for each packet of the bot that could be opened.
"""
import asyncio
import base64
import importlib
import json
import os
import select
import sys
import threading

library, path = sys.argv[1:]
with open(path) as file:
    job = json.load(file)
os.environ["SSL_CERT_FILE"] = job["certificate"]  # read by the import of aiohttp

import nacl.secret
import yarl

discord = importlib.import_module(library)
importlib.import_module(f"{library}.http").Route.BASE = f"{job['apiUrl']}/v10"
gateway = importlib.import_module(f"{library}.gateway").DiscordWebSocket
gateway.DEFAULT_GATEWAY = yarl.URL(job["apiUrl"].replace("http", "ws").replace("/api", "/gateway"))


class Clip(discord.AudioSource):
    def __init__(self):
        self.packets = [base64.b64decode(packet) for packet in job["packets"]]

    def read(self):
        return self.packets.pop(0) if self.packets else b""

    def is_opus(self):
        return True


def open_by_davey(call):
    import davey

    return lambda sealed: call._connection.dave_session.decrypt(int(job["botId"]), davey.MediaType.audio, sealed)


def open_by_libdave(call):
    import dave

    decryptor = dave.Decryptor()

    def open_frame(sealed):
        frame = decryptor.decrypt(dave.MediaType.audio, sealed)
        if frame is None:  # of a newer group
            decryptor.transition_to_key_ratchet(call.dave._session.get_key_ratchet(job["botId"]))
            frame = decryptor.decrypt(dave.MediaType.audio, sealed)
        return frame

    return open_frame


def listen(call):
    """Neither library opens what it receives."""
    by_libdave = library == "disnake"
    open_frame = (open_by_libdave if by_libdave else open_by_davey)(call)
    socket = call.socket if by_libdave else call._connection.socket
    while True:
        select.select([socket], [], [])
        packet = socket.recv(2048)
        if len(packet) < 20 or packet[1] & 127 != 120:
            continue
        extended = packet[0] >> 4 & 1
        head, nonce = packet[: 12 + 4 * extended], packet[-4:] + bytes(20)
        body = nacl.secret.Aead(bytes(call.secret_key)).decrypt(packet[len(head) : -4], head, nonce)
        try:
            frame = open_frame(body[4 * extended * int.from_bytes(head[14:], "big") :])
        except ValueError as error:
            print(error, file=sys.stderr)
            continue
        if frame:
            print("heard", base64.b64encode(frame).decode(), flush=True)


class Member(discord.Client):
    async def on_ready(self):
        call = await self.get_channel(int(job["channelId"])).connect()
        threading.Thread(target=listen, args=[call], daemon=True).start()
        print("joined", flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            call.play(Clip(), after=lambda error: print("spoken", flush=True))
        await call.disconnect()
        await self.close()


Member(intents=discord.Intents(guilds=True, voice_states=True)).run(job["token"])
