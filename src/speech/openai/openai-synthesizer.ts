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
import type { VoiceNames } from '#src/speech/voice-names.ts';
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

/** The model, voice and format of speech that a server is asked for. */
export type SynthesizerOptions = {
  readonly model: string;
  /** A text may name one of these instead of `model`. */
  readonly models?: readonly string[];
  /** Name of the voice, or a function that finds it in the list of the server. */
  readonly voice: string | (() => string | Promise<string>);
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
 * A voice behind any server with OpenAI's `/audio/speech`. Sound is passed on as it arrives, and long texts become
 * several requests.
 *
 * @example
 * import { openClient } from '#src/provider/api-client.ts';
 * import { OpenAiSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
 *
 * declare const signal: AbortSignal;
 * const client = openClient({ baseUrl: 'http://127.0.0.1:8880/v1' });
 * const voice = new OpenAiSynthesizer(client, { model: 'kokoro', voice: 'af_heart', format: 'pcm' });
 * for await (const { samples } of voice.synthesize('Hello!', {}, signal)) console.log(samples.length);
 */
export class OpenAiSynthesizer implements Synthesizer {
  readonly #client: ApiClient;
  readonly #options: SynthesizerOptions;
  #canAskForStream: boolean;

  constructor(client: ApiClient, options: SynthesizerOptions) {
    this.#client = client;
    this.#options = options;
    // OpenAI streams anyway, and has no such field.
    this.#canAskForStream = !isOpenAi(client.baseURL);
  }

  /** Speaks a text, in one request for each 4,000 characters. */
  async *synthesize(
    text: string,
    voice: SpeechVoice,
    signal: AbortSignal,
  ): AsyncGenerator<Pcm> {
    signal.throwIfAborted();
    const choice = { voice, options: this.#options };
    const by = describeServer(chooseModel(choice), this.#client.baseURL);
    const pieces = splitText(text, maxInputChars);
    if (pieces.length === 0) {
      throw new BotError('speech.unspeakable', false, 'The text has nothing to speak.');
    }
    try {
      for (const piece of pieces) {
        voice.onUsage?.({ by });
        yield* this.#speakPiece(piece, choice, signal);
      }
    } catch (cause) {
      signal.throwIfAborted();
      throw describeError(cause, this.#client, text);
    }
  }

  /** Asks for a stream until the server rejects that field. */
  #speakPiece(piece: string, choice: VoiceChoice, signal: AbortSignal) {
    return sendUntilAccepted(
      {
        wanted: new Set(this.#canAskForStream ? (['stream'] as const) : []),
        send: (fields) =>
          requestSpeech(this.#client, piece, choice, fields.has('stream'), signal),
        reduce: (cause, fields) => {
          const isRefused =
            cause instanceof APIError && streamRejectionStatuses.has(cause.status ?? 0);
          if (!isRefused || fields.size === 0) throw cause;
          return [];
        },
        onAccepted: (fields) => {
          this.#canAskForStream &&= fields.has('stream');
        },
      },
      signal,
    );
  }
}

type VoiceChoice = {
  readonly voice: SpeechVoice;
  readonly options: SynthesizerOptions;
};

async function* requestSpeech(
  client: ApiClient,
  input: string,
  choice: VoiceChoice,
  isStreamed: boolean,
  signal: AbortSignal,
) {
  const { voice, options } = choice;
  const { decode, format, instructions, rateHz, voice: standardVoice } = options;
  const body = {
    model: chooseModel(choice),
    input,
    voice:
      voice.name ??
      (typeof standardVoice === 'string' ? standardVoice : await standardVoice()),
    response_format: format,
    instructions: voice.instructions ?? instructions,
    speed: voice.speed,
    ...(isStreamed && { stream: true }),
  };
  const response = await client.audio.speech.create(body, { signal }).asResponse();
  const type = response.headers.get('content-type') ?? '';
  const stream = new SpeechSoundReader(type, decode !== undefined, rateHz);
  let hasSounded = false;
  for await (const pcm of readSounds(
    response.body ?? new Blob([]).stream(),
    stream,
    decode,
    signal,
  )) {
    hasSounded = true;
    yield pcm;
  }
  if (hasSounded) return;
  const message = 'The speech server sent no sound: check the model and the voice.';
  throw new BotError('provider.empty', true, message);
}

function chooseModel({ voice, options }: VoiceChoice) {
  // Anybody may have chosen the name, so an unlisted one never reaches the server.
  return options.models?.find((model) => model === voice.model) ?? options.model;
}

/** Reads the sounds of an answer. Ending early closes the connection. */
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
  laterBytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  decode: DecodeSpeech,
  signal: AbortSignal,
) {
  const readAllBytes = async function* () {
    yield bytes;
    yield* laterBytes;
  };
  try {
    yield* decode(readAllBytes(), signal);
  } catch (cause) {
    if (!(cause instanceof BotError && cause.code.startsWith('source.'))) throw cause;
    const message = `The speech server sent ${name} that cannot be decoded: set SPEECH_FORMAT to wav.`;
    throw new BotError('provider.wrong_type', false, message, cause);
  }
}

/** After this time the server is asked again, and the old list holds meanwhile. */
const maxListAgeMs = 600_000;
const retryAfterMs = 60_000;
/** A person is typing, or waiting for a reply. */
const requestTimeoutMs = 2_000;
const maxVoiceNames = 2_000;

/** Voices of a server that lists them at `GET /audio/voices`, such as Kokoro-FastAPI and speaches. */
export class ServerVoices implements VoiceNames {
  /** False, since the languages of a server are unknown. */
  readonly isEnglishOnly: boolean = false;
  readonly #client: Pick<ApiClient, 'get'>;
  readonly #clock: Clock;
  #names: readonly string[] = [];
  #dueAtMs = -Infinity;
  #refreshing: Promise<void> | undefined;

  constructor(client: Pick<ApiClient, 'get'>, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Returns the last list of the server. None before the first one. */
  getKnown(): readonly string[] {
    return this.#names;
  }

  /** Asks the server every 10 minutes, and waits for it only without a list. Never throws. */
  async loadNames(): Promise<readonly string[]> {
    if (this.#clock.nowMs() >= this.#dueAtMs) {
      this.#refreshing ??= this.#refreshNames().finally(() => {
        this.#refreshing = undefined;
      });
      if (this.#names.length === 0) await this.#refreshing;
    }
    return this.#names;
  }

  /** Never throws. */
  async #refreshNames() {
    using deadline = createDeadlineSignal(
      requestTimeoutMs,
      this.#clock,
      () => new Error('late'),
    );
    try {
      this.#names = await fetchServerVoices(this.#client, deadline.signal);
      this.#dueAtMs = this.#clock.nowMs() + maxListAgeMs;
    } catch {
      // A server that does not answer keeps its names.
      this.#dueAtMs = this.#clock.nowMs() + retryAfterMs;
    }
  }
}

/** Fetches the names of voices, none from a list of another shape. */
export async function fetchServerVoices(
  client: Pick<ApiClient, 'get'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const list = listVoices(await client.get('/audio/voices', { signal }));
  const names = list
    .slice(0, maxVoiceNames)
    .flatMap((voice) => findVoiceName(voice) ?? []);
  return [...new Set(names)];
}

/** Lists voices of a bare list, of `voices` or `data`, and of objects with their names, or with languages, as keys. */
function listVoices(answer: unknown): readonly unknown[] {
  if (Array.isArray(answer)) return answer;
  const { voices, data } = toRecord(answer);
  const list = voices ?? data;
  if (Array.isArray(list)) return list;
  const entries = Object.entries(toRecord(list));
  return entries.flatMap(([name, value]) => (Array.isArray(value) ? value : [name]));
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
