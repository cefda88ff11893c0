import { APIError } from 'openai/core/error';
import type { Pcm } from '#src/audio/pcm.ts';
import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { toRecord } from '#src/base/json.ts';
import type { ApiClient } from '#src/provider/api-client.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { describeServer, isOpenAi } from '#src/provider/models/standard-models.ts';
import { sendUntilAccepted } from '#src/provider/reducible-request.ts';
import { splitText } from '#src/speech/pronunciation.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/speech-engine.ts';
import {
  type PackedSound,
  type SpeechFormat,
  SpeechSoundReader,
} from './speech-sound-reader.ts';

/** Decodes MP3, Ogg or FLAC as it arrives, to mono at one rate. Throws BotError `source.*`. */
export type DecodeSpeech = (
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
) => AsyncIterable<Pcm>;

export type SynthesizerOptions = {
  readonly model: string;
  /** A text may name one of these instead of `model`. */
  readonly models?: readonly string[];
  /** A function if the list of the server decides. */
  readonly voice: string | (() => string);
  readonly instructions?: string;
  readonly format: SpeechFormat;
  /** Rate of samples without a label, usually 24 kHz. */
  readonly rateHz?: number;
  /** Without a decoder only raw samples and WAV are accepted. */
  readonly decode?: DecodeSpeech;
};

const streamRejectionStatuses = new Set([400, 422]);

/**
 * OpenAI takes 4,096: https://developers.openai.com/api/reference/resources/audio/subresources/speech/methods/create
 */
const maxInputChars = 4000;

/**
 * Opens a voice behind any server with OpenAI's `/audio/speech`. Sound is passed on as it arrives, and long texts
 * become several requests.
 *
 * @example
 * import { openClient } from '#src/provider/api-client.ts';
 * import { openSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
 *
 * declare const signal: AbortSignal;
 * const client = openClient({ baseUrl: 'http://127.0.0.1:8880/v1' });
 * const voice = openSynthesizer(client, { model: 'kokoro', voice: 'af_heart', format: 'pcm' });
 * for await (const { samples } of voice.synthesize('Hello!', {}, signal)) console.log(samples.length);
 */
export function openSynthesizer(
  client: ApiClient,
  options: SynthesizerOptions,
): Synthesizer {
  // OpenAI streams anyway, and has no such field.
  let canAskForStream = !isOpenAi(client.baseURL);
  const speakPiece = (piece: string, how: VoiceChoice, signal: AbortSignal) =>
    sendUntilAccepted(
      {
        wanted: new Set(canAskForStream ? (['stream'] as const) : []),
        send: (parts) => requestSpeech(client, piece, how, parts.has('stream'), signal),
        reduce: (cause, parts) => {
          const isRefused =
            cause instanceof APIError && streamRejectionStatuses.has(cause.status ?? 0);
          if (!isRefused || parts.size === 0) throw cause;
          return [];
        },
        onAccepted: (parts) => {
          canAskForStream &&= parts.has('stream');
        },
      },
      signal,
    );
  return {
    async *synthesize(text, voice, signal) {
      signal.throwIfAborted();
      const by = describeServer(chooseModel({ voice, options }), client.baseURL);
      const pieces = splitText(text, maxInputChars);
      if (pieces.length === 0) {
        throw new BotError(
          'speech.unspeakable',
          false,
          'The text has nothing to speak.',
        );
      }
      try {
        for (const piece of pieces) {
          voice.onUsage?.({ by });
          yield* speakPiece(piece, { voice, options }, signal);
        }
      } catch (cause) {
        signal.throwIfAborted();
        throw describeError(cause, client, text);
      }
    },
  };
}

type VoiceChoice = {
  readonly voice: SpeechVoice;
  readonly options: SynthesizerOptions;
};

async function* requestSpeech(
  client: ApiClient,
  input: string,
  how: VoiceChoice,
  isStreamed: boolean,
  signal: AbortSignal,
) {
  const { voice, options } = how;
  const { decode, format, instructions, rateHz, voice: usual } = options;
  const body = {
    model: chooseModel(how),
    input,
    voice: voice.name ?? (typeof usual === 'string' ? usual : usual()),
    response_format: format,
    instructions: voice.instructions ?? instructions,
    speed: voice.speed,
    ...(isStreamed && { stream: true }),
  };
  const response = await client.audio.speech.create(body, { signal }).asResponse();
  const type = response.headers.get('content-type') ?? '';
  const stream = new SpeechSoundReader(type, decode !== undefined, rateHz);
  let sounded = false;
  for await (const pcm of readSounds(
    response.body ?? new Blob([]).stream(),
    stream,
    decode,
    signal,
  )) {
    sounded = true;
    yield pcm;
  }
  if (sounded) return;
  const message = 'The speech server sent no sound: check the model and the voice.';
  throw new BotError('provider.empty', true, message);
}

function chooseModel({ voice, options }: VoiceChoice) {
  // Anybody may have chosen the name, so an unlisted one never reaches the server.
  return options.models?.find((model) => model === voice.model) ?? options.model;
}

/** Ending early closes the connection. */
async function* readSounds(
  body: ReadableStream<Uint8Array>,
  stream: SpeechSoundReader,
  decode: DecodeSpeech | undefined,
  signal: AbortSignal,
) {
  const pieces = body.values();
  for await (const bytes of pieces) {
    signal.throwIfAborted();
    yield* stream.push(bytes);
    if (decode && stream.packedSound)
      return yield* decodePacked(stream.packedSound, pieces, decode, signal);
  }
  signal.throwIfAborted();
  yield* stream.end();
  if (decode && stream.packedSound)
    yield* decodePacked(stream.packedSound, [], decode, signal);
}

async function* decodePacked(
  { name, bytes }: PackedSound,
  rest: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  decode: DecodeSpeech,
  signal: AbortSignal,
) {
  const all = async function* () {
    yield bytes;
    yield* rest;
  };
  try {
    yield* decode(all(), signal);
  } catch (cause) {
    if (!(cause instanceof BotError && cause.code.startsWith('source.'))) throw cause;
    const message = `The speech server sent ${name} that cannot be decoded: set SPEECH_FORMAT to wav.`;
    throw new BotError('provider.wrong_type', false, message, cause);
  }
}

/** After this time the server is asked again, and the former list holds meanwhile. */
const maxListAgeMs = 600_000;
const retryAfterMs = 60_000;
/** A person is typing, or waiting for a reply. */
const requestTimeoutMs = 2_000;
const maxVoiceNames = 2_000;

/** Voices of a server that lists them at `GET /audio/voices`, such as Kokoro-FastAPI and speaches. */
export function createServerVoices(client: Pick<ApiClient, 'get'>, clock: Clock) {
  let names: readonly string[] = [];
  let dueAtMs = -Infinity;
  let asking: Promise<void> | undefined;

  /** Never throws. */
  async function refreshNames() {
    using deadline = createDeadlineSignal(
      requestTimeoutMs,
      clock,
      () => new Error('late'),
    );
    try {
      names = await fetchServerVoices(client, deadline.signal);
      dueAtMs = clock.nowMs() + maxListAgeMs;
    } catch {
      // A server that does not answer keeps its names.
      dueAtMs = clock.nowMs() + retryAfterMs;
    }
  }

  return {
    isEnglishOnly: false,

    getKnown(): readonly string[] {
      return names;
    },

    async load(): Promise<readonly string[]> {
      if (clock.nowMs() >= dueAtMs) {
        asking ??= refreshNames().finally(() => {
          asking = undefined;
        });
        if (names.length === 0) await asking;
      }
      return names;
    },
  };
}

/** Fetches the names of voices, none from a list of another shape. */
export async function fetchServerVoices(
  client: Pick<ApiClient, 'get'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answer = await client.get('/audio/voices', { signal });
  const { voices, data } = toRecord(answer);
  const list = Array.isArray(voices) ? voices : data;
  if (!Array.isArray(list)) return [];
  return [
    ...new Set(
      list.slice(0, maxVoiceNames).flatMap((voice) => findVoiceName(voice) ?? []),
    ),
  ];
}

function findVoiceName(voice: unknown) {
  const { id, voice_id, name } = toRecord(voice);
  return [voice, id, voice_id, name].find(isVoiceName);
}

function isVoiceName(value: unknown): value is string {
  return (
    typeof value === 'string' && /^[^\p{C}]{1,100}$/u.test(value) && value.trim() !== ''
  );
}
