import type { OpenAI } from 'openai';
import type { Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { describeError } from '#src/provider/describe-error.ts';
import type { Synthesizer, Voice } from './ports.ts';
import { SoundStream } from './sound-stream.ts';
import { textPieces } from './text-pieces.ts';

export type SynthesizerOptions = {
  readonly model: string;
  readonly voice: string;
  readonly instructions?: string;
  readonly format: 'pcm' | 'wav';
  /** Of raw samples; left out: what the server says, else 24 kHz. */
  readonly rateHz?: number;
};

/** Node's fetch gives whatever has piled up, 260 kB and more at once: 5 s of sound (measured, 2026-11-20). */
const pieceBytes = 8192;
/** OpenAI takes 4096. */
const longestInputChars = 4000;

/** Any server with OpenAI's `/audio/speech`; sound is handed on as it arrives. Long texts become several requests. */
export function openSynthesizer(client: OpenAI, options: SynthesizerOptions): Synthesizer {
  return {
    async *synthesize(text, voice, signal) {
      signal.throwIfAborted();
      const pieces = textPieces(text, longestInputChars);
      if (pieces.length === 0) {
        throw new BotError('speech.unspeakable', false, 'There is no text to say.');
      }
      try {
        for (const piece of pieces) yield* speak(client, piece, { voice, options }, signal);
      } catch (cause) {
        signal.throwIfAborted();
        throw describeError(cause, client);
      }
    },
  };
}

type How = { readonly voice: Voice; readonly options: SynthesizerOptions };

async function* speak(
  client: OpenAI,
  input: string,
  how: How,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  // As it came: for 204 the client has no response at all.
  const response = await client.audio.speech.create(request(input, how), { signal }).asResponse();
  const type = response.headers.get('content-type') ?? '';
  const stream = new SoundStream(type, how.options.rateHz);
  let sounded = false;
  for await (const pcm of sounds(response.body, stream, signal)) {
    sounded = true;
    yield pcm;
  }
  if (sounded) return;
  const message = 'The speech server sent no sound: check the model and the voice.';
  throw new BotError('provider.empty', true, message);
}

function request(input: string, { voice, options }: How) {
  const instructions = voice.instructions ?? options.instructions;
  return {
    model: options.model,
    input,
    voice: voice.name ?? options.voice,
    response_format: options.format,
    ...(instructions && { instructions }),
    ...(voice.speed && { speed: voice.speed }),
  };
}

/** Leaving the loop early closes the connection. */
async function* sounds(
  body: ReadableStream<Uint8Array> | null,
  stream: SoundStream,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  for await (const bytes of body ?? []) {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      signal.throwIfAborted();
      yield* stream.push(bytes.subarray(at, at + pieceBytes));
    }
  }
  signal.throwIfAborted();
  yield* stream.end();
}
