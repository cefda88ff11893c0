import type { SpeechCreateParams } from 'openai/resources/audio/speech';
import type { Pcm } from '#src/audio/pcm.ts';
import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { toRecord } from '#src/base/json.ts';
import { admitSentence, writeSentence } from '#src/base/logged-text.ts';
import type { ApiClient } from '#src/provider/api-client.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { standardVoice } from '#src/provider/models/standard-models.ts';
import { negotiate, type RefusedPart } from '#src/provider/negotiation/negotiation.ts';
import {
  isSent,
  type RequestForms,
  type ServerHabit,
  ServerKnowledge,
} from '#src/provider/negotiation/server-knowledge.ts';
import {
  createUnspeakableError,
  type SpeechVoice,
  type Synthesizer,
  splitText,
  type VoiceNames,
} from '#src/speech/speech-engine.ts';
import {
  findRefusedSpeechParts,
  formatName,
  inputName,
  listSpeechParts,
  maxInputChars,
  type SpeechWishes,
} from './speech-parts.ts';
import {
  checkSoundLength,
  type DecodeSpeech,
  readSpeech,
  type SpeechFormat,
  speechFormats,
} from './speech-sound-reader.ts';

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
  /** Parts that the operator leaves out, as `stream`. */
  readonly without?: readonly string[];
  readonly clock?: Clock;
  /** Takes each habit of the server once. Never throws. */
  readonly report?: (habit: ServerHabit) => void;
};

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
  readonly #knowledge: ServerKnowledge;
  readonly #offered = {
    format: new Set<string>(),
    input: new Set<string>(),
  };

  constructor(client: ApiClient, options: SynthesizerOptions) {
    const { clock = realClock, report, without } = options;
    this.#client = client;
    this.#options = options;
    this.#knowledge = new ServerKnowledge({
      clock,
      report,
      without,
      withoutSetting: 'SPEECH_WITHOUT',
    });
  }

  /** Speaks a text, in one request for each 4,000 characters, or as many as the server takes. */
  async *synthesize(
    text: string,
    voice: SpeechVoice,
    signal: AbortSignal,
  ): AsyncGenerator<Pcm> {
    signal.throwIfAborted();
    const pieces = splitText(text, maxInputChars);
    if (pieces.length === 0) {
      throw createUnspeakableError();
    }
    try {
      for (const piece of pieces) yield* this.#speakPiece(piece, voice, signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw describeError(cause, this.#client, text);
    }
  }

  /** Asks until the server takes the request and sends sound. */
  #speakPiece(piece: string, voice: SpeechVoice, signal: AbortSignal) {
    const wishes = this.#listWishes(voice);
    const parts = listSpeechParts(wishes, this.#offered);
    let sentChars = piece.length;
    return negotiate(
      {
        parts,
        tries: voice.tries,
        send: (forms) => {
          const texts = splitText(piece, Number(forms.get(inputName) ?? maxInputChars));
          sentChars = Math.max(...texts.map(({ length }) => length));
          return this.#speakTexts(texts, voice, forms, signal);
        },
        findRefused: (cause, forms, refusal) => {
          const failure = { cause, refusal, forms, sentChars, wishes };
          return this.#noteOffers(findRefusedSpeechParts(failure));
        },
        sendTrial: (forms, until) => this.#speakTexts(['Yes.'], voice, forms, until),
      },
      this.#knowledge,
      signal,
    );
  }

  #listWishes(voice: SpeechVoice): SpeechWishes {
    const { decode, format, instructions } = this.#options;
    return {
      voice,
      format,
      hasInstructions: (voice.instructions ?? instructions ?? '') !== '',
      readableFormats: decode ? speechFormats : ['pcm', 'wav'],
      // OpenAI streams anyway, and has no such field.
      mayAskForStream: !this.#client.isOpenAi,
    };
  }

  /** Keeps the forms that refusals offered, since a lesson holds for a known form alone. */
  #noteOffers(refused: readonly RefusedPart[] | undefined) {
    for (const { form = '', name } of refused ?? []) {
      if (name === formatName && form !== '') this.#offered.format.add(form);
      if (name === inputName && form !== '') this.#offered.input.add(form);
    }
    return refused;
  }

  async *#speakTexts(
    texts: readonly string[],
    voice: SpeechVoice,
    forms: RequestForms,
    signal: AbortSignal,
  ): AsyncGenerator<Pcm> {
    const { host } = this.#client;
    const model = chooseModel(voice, this.#options);
    const by = { kind: 'remote', model, host } as const;
    for (const text of texts) {
      voice.onUsage?.({ by });
      yield* checkSoundLength(
        (inner) =>
          requestSpeech(this.#client, text, voice, this.#options, forms, inner),
        { text, pace: voice.speed },
        signal,
      );
    }
  }
}

async function* requestSpeech(
  client: ApiClient,
  input: string,
  voice: SpeechVoice,
  options: SynthesizerOptions,
  forms: RequestForms,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  const { voice: usualVoice } = options;
  const name =
    voice.name ?? (typeof usualVoice === 'string' ? usualVoice : await usualVoice());
  const body = createBody(input, { ...voice, name }, options, forms);
  const response = await client.audio.speech
    .create(body as SpeechCreateParams, { signal })
    .asResponse();
  const { decode, rateHz } = options;
  yield* readSpeech(response, { decode, rateHz }, signal);
}

function createBody(
  input: string,
  voice: SpeechVoice,
  options: SynthesizerOptions,
  forms: RequestForms,
) {
  return {
    model: chooseModel(voice, options),
    input,
    voice: voice.name,
    response_format: forms.get(formatName) ?? options.format,
    instructions: isSent(forms, 'instructions')
      ? (voice.instructions ?? options.instructions)
      : undefined,
    speed: isSent(forms, 'speed') ? voice.speed : undefined,
    ...(isSent(forms, 'stream') && { stream: true }),
  };
}

function chooseModel(voice: SpeechVoice, options: SynthesizerOptions) {
  // Anybody may have chosen the name, so an unlisted one never reaches the server.
  return options.models?.find((model) => model === voice.model) ?? options.model;
}

/** After this time the server is asked again, and the old list holds meanwhile. */
const maxListAgeMs = 600_000;
const retryAfterMs = 60_000;
/** A person is typing, or waiting for a reply. */
const requestTimeoutMs = 2_000;
const maxVoiceNames = 2_000;

/** Voices of a server that lists them at `GET /audio/voices`, such as Kokoro-FastAPI and speaches. */
export class ServerVoices implements VoiceNames {
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

/** Beginning of a list: "must be one of [", "Available voices: ", "Input should be '". */
const listStart =
  /\b(?:one of|available|supported|valid|allowed|options?|should be|must be|choose|expected|voices)\b(?:\s+(?:voices?|values?|options?|names?|are|is|from|of|the|following|one))*[:\s]*/gi;
const quotedName = /['"`]([^'"`]{1,60})['"`]/g;
const voiceName = /^[\p{L}\p{N}][\p{L}\p{N} _.:/+-]{0,59}$/u;
const otherSubject =
  /\b(?:models?|formats?|languages?|speed|rate|stream)\b|\b(?:mp3|wav|pcm)\b/i;

/**
 * The voice of a server for which no setting names one: the first of its list, else OpenAI's usual one, else one that
 * the server names when it refuses that.
 *
 * @example
 * import { FoundVoice } from '#src/speech/openai/openai-synthesizer.ts';
 * import { createFixedVoiceNames } from '#src/speech/speech-engine.ts';
 *
 * const voice = new FoundVoice(createFixedVoiceNames(['af_bella', 'am_adam']));
 * await voice.find(); // 'af_bella'
 */
export class FoundVoice {
  readonly #voices: VoiceNames;
  readonly #report: ((habit: ServerHabit) => void) | undefined;
  readonly #refused = new Set<string>();
  #firstList: Promise<unknown> | undefined;
  #offered: string | undefined;

  constructor(voices: VoiceNames, report?: (habit: ServerHabit) => void) {
    this.#voices = voices;
    this.#report = report;
  }

  /** Finds the voice. Waits for the first list of the server, which has a deadline. */
  async find(): Promise<string> {
    const list = this.#voices.loadNames();
    this.#firstList ??= list;
    await this.#firstList;
    return this.#choose();
  }

  /** Wraps an engine so that it speaks again where its server refuses the voice, and offers another one. */
  wrap(engine: Synthesizer): Synthesizer {
    const isRefused = (error: unknown, said: string) =>
      this.#learnFromRefusal(error, said);
    return {
      async *synthesize(text, voice, signal) {
        let hasSound = false;
        try {
          for await (const pcm of engine.synthesize(text, voice, signal)) {
            hasSound = true;
            yield pcm;
          }
          return;
        } catch (error) {
          const isFound = !hasSound && !signal.aborted && voice.name === undefined;
          if (!isFound || !isRefused(error, text)) throw error;
        }
        yield* engine.synthesize(text, voice, signal);
      },
    };
  }

  #learnFromRefusal(error: unknown, said: string) {
    if (!(error instanceof BotError)) return false;
    this.#refused.add(this.#choose());
    const text = error.about.serverMessage ?? error.message;
    const offered = listOfferedVoices(text).find((name) => !this.#refused.has(name));
    if (offered === undefined) return false;
    this.#offered = offered;
    // A refusal may quote the text, and what looks like a voice in it may be a name that somebody said.
    const voice = admitSentence(offered, said) ?? writeSentence`a voice that it offers`;
    this.#report?.({
      what: writeSentence`it refused the usual voice, so it speaks as ${voice}`,
      mend: writeSentence`set SPEECH_VOICE=${voice}, or another of its voices`,
    });
    return true;
  }

  #choose() {
    return this.#offered ?? this.#voices.getKnown()[0] ?? standardVoice;
  }
}

/** Lists the voices that a refusal offers, in its order. */
function listOfferedVoices(text: string): readonly string[] {
  if (!/\bvoices?\b/i.test(text) && otherSubject.test(text)) return [];
  const ends = [...text.matchAll(listStart)].map(
    ({ 0: start, index }) => index + start.length,
  );
  const lists = ends.map((end) => splitNames(text.slice(end)));
  return lists.find((names) => names.length > 0) ?? [];
}

function splitNames(list: string) {
  const quoted = [...list.matchAll(quotedName)].map(([, name = '']) => name);
  if (quoted.length > 0) return quoted.filter((name) => voiceName.test(name));
  const [, bracketed] = /^[[(]([^\])]*)/.exec(list) ?? [];
  const plain = bracketed ?? list.replace(/[.;]\s.*|[.;]?$/s, '');
  const separator = /,/.test(plain) ? /,\s*(?:(?:or|and)\s+)?/ : /\s+(?:or\s+|and\s+)?/;
  const names = plain.split(separator).map((name) => name.trim());
  // A sentence is no list.
  return names.every((name) => voiceName.test(name)) &&
    (bracketed !== undefined || /,/.test(plain))
    ? names
    : [];
}
