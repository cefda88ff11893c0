"""samples.py BASE_URL RECORDING_URL: the samples in Python of the documents that Parley follows, with only the addresses and the key changed.

Prints as JSON what each got. The key is $KEY.
"""
import asyncio
import base64
import io
import json
import os
import sys

# Else LiteLLM asks another host for prices while it is imported.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
import requests
from openai import AsyncOpenAI, OpenAI

base_url, recording_url = sys.argv[1:]
os.environ["OPENAI_API_KEY"] = os.environ["KEY"]
os.environ["OPENAI_BASE_URL"] = os.environ["OPENAI_API_BASE"] = base_url
client = OpenAI()
litellm.telemetry = False
litellm.suppress_debug_info = True
told = {}


def sample(name):
    def keep(run):
        try:
            told[name] = run()
        except Exception as error:
            told[name] = f"{type(error).__name__}: {error}"

    return keep


def take(completion):
    message = completion.choices[0].message
    return {"words": message.audio.transcript, "sound": base64.b64decode(message.audio.data)[:4].decode()}


def count(pieces):
    return sum(len(piece) for piece in pieces) > 1_000


def fetch_recording():
    response = requests.get(recording_url)
    response.raise_for_status()
    return base64.b64encode(response.content).decode("utf-8")


beautiful = {
    "model": "gpt-4o-mini-tts",
    "voice": "coral",
    "input": "Today is a wonderful day to build something people love!",
    "instructions": "Speak in a cheerful and positive tone.",
}
dog = {
    "model": "gpt-4o-audio-preview",
    "modalities": ["text", "audio"],
    "audio": {"voice": "alloy", "format": "wav"},
    "messages": [{"role": "user", "content": "Is a golden retriever a good family dog?"}],
}


def ask_about_recording():
    sound = {"type": "input_audio", "input_audio": {"data": fetch_recording(), "format": "wav"}}
    return dog | {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is in this recording?"}, sound]}]}


@sample("000 streamed speech")
def _():
    with client.audio.speech.with_streaming_response.create(**beautiful) as response:
        return count(response.iter_bytes(chunk_size=256))


@sample("000 streamed samples")
def _():
    with client.audio.speech.with_streaming_response.create(**beautiful, response_format="pcm") as response:
        return count(response.iter_bytes(chunk_size=256))


@sample("000 streamed samples, async")
def _():
    async def speak():
        async with AsyncOpenAI().audio.speech.with_streaming_response.create(**beautiful, response_format="pcm") as response:
            return count([piece async for piece in response.iter_bytes(chunk_size=256)])

    return asyncio.run(speak())


@sample("001 pieces of speech")
def _():
    response = client.audio.speech.create(model="tts-1", voice="alloy", input="What is up?!", response_format="mp3")
    return count(response.iter_bytes(chunk_size=8_192))


@sample("001 opus in a buffer")
def _():
    spoken_response = client.audio.speech.create(model="tts-1-hd", voice="fable", response_format="opus", input="What is up?!")
    buffer = io.BytesIO()
    for chunk in spoken_response.iter_bytes(chunk_size=4096):
        buffer.write(chunk)
    return buffer.getvalue()[:4] == b"OggS"


@sample("001 FastAPI")
def _():
    response = client.audio.speech.create(model="tts-1", voice="alloy", input="What is up?!")
    return count(response.iter_bytes(chunk_size=4096))


def post_speech(size):
    headers = {"Authorization": f"Bearer {os.environ['KEY']}"}
    data = {"model": "tts-1", "input": "What is up?!", "voice": "echo", "response_format": "opus"}
    with requests.post(f"{base_url}/audio/speech", headers=headers, json=data, stream=True) as response:
        return response.status_code == 200 and count(response.iter_content(chunk_size=size))


sample("001 requests in Django")(lambda: post_speech(1024))
sample("001 requests")(lambda: post_speech(4096))


@sample("002 models of its own")
def _():
    asked = ask_about_recording() | {"model": "gpt-4o-mini"}
    more = {"transcription_model": "Systran/faster-whisper-tiny.en", "speech_model": "hexgrad/Kokoro-82M"}
    return take(client.chat.completions.create(**asked, extra_body=more))


sample("003 sound out")(lambda: take(client.chat.completions.create(**dog)))
sample("003 sound in")(lambda: take(client.chat.completions.create(**ask_about_recording())))
sample("004 sound out")(lambda: take(asyncio.run(litellm.acompletion(**dog | {"model": "openai/gpt-4o-audio-preview"}))))
sample("004 sound in")(lambda: take(litellm.completion(**ask_about_recording() | {"model": "openai/gpt-4o-audio-preview"})))
print(json.dumps(told))
