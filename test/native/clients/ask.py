"""ask.py BASE_URL QUESTION.WAV: asks the bot by OpenAI's and LiteLLM's packages for Python, and prints what came back as JSON. The key is $KEY."""
import base64
import json
import os
import sys

# Else LiteLLM asks another host for prices while it is imported.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
import openai

base_url, recording = sys.argv[1:]
key = os.environ["KEY"]
client = openai.OpenAI(base_url=base_url, api_key=key, max_retries=0)
litellm.telemetry = False
litellm.suppress_debug_info = True
through = {"api_base": base_url, "api_key": key, "num_retries": 0}
sound = {"type": "input_audio", "input_audio": {"format": "wav", "data": base64.b64encode(open(recording, "rb").read()).decode()}}
hello = [{"role": "user", "content": "Nova pick a card"}]
spoken = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}


def take(answer):
    message = answer.choices[0].message
    return {"words": message.audio.transcript, "sound": base64.b64decode(message.audio.data)[:4].decode()}


def join(stream):
    deltas = [chunk.choices[0].delta for chunk in stream if chunk.choices]
    return "".join(delta.content or "" for delta in deltas)


def refuse(ask):
    try:
        ask()
    except Exception as error:
        return [type(error).__name__, error.status_code]
    return "not refused"


def speech(stream_format):
    asked = {"model": "parley", "voice": "alloy", "input": "The queen of hearts.", "response_format": "pcm"}
    with client.audio.speech.with_streaming_response.create(**asked, stream_format=stream_format) as response:
        return [len(piece) for piece in response.iter_bytes(4096)]


def transcribe(**more):
    with open(recording, "rb") as file:
        return client.audio.transcriptions.create(model="parley", file=file, **more)


wrong = openai.OpenAI(base_url=base_url, api_key="parley_wrong", max_retries=0)
with open(recording, "rb") as file:
    litellm_heard = litellm.transcription(model="openai/parley", file=file, **through).text
with open(recording, "rb") as file:
    translated = client.audio.translations.create(model="parley", file=file).text
print(json.dumps({
    "models": [model.id for model in client.models.list()],
    "chat": client.chat.completions.create(model="parley", messages=hello).choices[0].message.content,
    "stream": join(client.chat.completions.create(model="parley", messages=hello, stream=True)),
    "audio": take(client.chat.completions.create(model="parley", messages=[{"role": "user", "content": [sound]}], **spoken)),
    "heard": transcribe().text,
    "events": [event.type for event in transcribe(stream=True)],
    "translated": translated,
    "pcm": sum(speech("audio")) > 24_000,
    "refused": [
        refuse(lambda: wrong.models.list()),
        refuse(lambda: client.audio.speech.create(model="parley", voice="alloy", input="")),
        refuse(lambda: client.chat.completions.create(model="parley", messages=hello, logprobs=True)),
    ],
    "litellm": {
        "chat": litellm.completion(model="openai/parley", messages=hello, **through).choices[0].message.content,
        "stream": join(litellm.completion(model="openai/parley", messages=hello, stream=True, **through)),
        "audio": take(litellm.completion(model="openai/parley", messages=[{"role": "user", "content": [sound]}], **spoken, **through)),
        "heard": litellm_heard,
        "spoken": len(litellm.speech(model="openai/parley", voice="alloy", input="The queen of hearts.", **through).content) > 1_000,
        "refused": refuse(lambda: litellm.completion(model="openai/parley", messages=hello, api_base=base_url, api_key="parley_wrong", num_retries=0)),
    },
}))
