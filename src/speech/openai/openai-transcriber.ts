import type { TranscriptionCreateParamsNonStreaming } from 'openai/resources/audio/transcriptions';
import type { Pcm } from '#src/audio/pcm.ts';
import { writeWav } from '#src/audio/wav.ts';
import { BotError, type ErrorCode } from '#src/base/errors.ts';
import type { ApiClient } from '#src/provider/client.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { type ServedBy, servedBy } from '#src/provider/models/served-by.ts';
import { hintFields } from '#src/speech/hints.ts';
import { baseLanguage, languageHint } from '#src/speech/language-hint.ts';
import { isListenable } from '#src/speech/listenable.ts';
import type {
  Transcriber,
  Transcript,
  TranscriptionOptions,
  TranscriptUpdate,
} from '#src/speech/ports.ts';
import { transcriptOf } from './transcript-reply.ts';
import { readTranscript } from './transcript-stream.ts';

export type TranscriberOptions = {
  readonly model: string;
  /** Models of this server that a request may name in place of `model`. */
  readonly models?: readonly string[];
  /** BCP 47; left out, the server finds out by itself. */
  readonly language?: string;
};

/** Models of which words are asked for as they are found. */
const streaming = /^gpt-(4o-(mini-)?)?transcribe(?!-diarize)/;
/** Errors by which servers report that they do not stream. */
const noStream: ReadonlySet<ErrorCode> = new Set([
  'provider.refused',
  'provider.wrong_type',
  'provider.truncated',
  'provider.empty',
]);

type Form = {
  readonly wav: Uint8Array<ArrayBuffer>;
  readonly model: string;
  readonly language: string | undefined;
  readonly by: ServedBy;
  readonly hints: readonly string[];
  readonly hasWordTimes: boolean;
};

/** Facts known about an utterance before recognition, and its options. */
type ListeningContext = {
  readonly language: string | undefined;
  readonly hints: readonly string[];
  readonly asked: TranscriptionOptions;
};

/** Abilities a server has shown with a model. Only the first answer pays for finding out. */
type Abilities = {
  streams: 'yes' | 'no' | 'unknown';
  acceptsHints: boolean;
  hasWordTimes: boolean;
  translates: boolean;
};

/** Statuses with which servers refuse the form of a request; `notThere` adds those of a missing endpoint. */
const notUnderstood = new Set([400, 422]);
const notThere = new Set([...notUnderstood, 404, 405, 501]);

/** Any server with OpenAI's `/audio/transcriptions`; one upload an utterance, partials if it streams them. */
export function openTranscriber(client: ApiClient, options: TranscriberOptions): Transcriber {
  const server = new TranscriptionServer(client, options);
  const knowing = (known: ListeningContext): Transcriber => ({
    transcribe: (pcm, signal) => server.transcribe(pcm, known, signal),
    inLanguage: (other) => knowing({ ...known, language: baseLanguage(other) }),
    withHints: (hints) => knowing({ ...known, hints }),
    withOptions: (asked) => knowing({ ...known, asked }),
  });
  return knowing({ language: options.language, hints: [], asked: {} });
}

class TranscriptionServer {
  readonly #client: ApiClient;
  readonly #options: TranscriberOptions;
  readonly #abilities = new Map<string, Abilities>();

  constructor(client: ApiClient, options: TranscriberOptions) {
    this.#client = client;
    this.#options = options;
  }

  async *transcribe(
    pcm: Pcm,
    { language, hints, asked }: ListeningContext,
    signal: AbortSignal,
  ): AsyncGenerator<TranscriptUpdate> {
    signal.throwIfAborted();
    if (!isListenable(pcm)) {
      yield { kind: 'final', transcript: { text: '' } };
      return;
    }
    const model = this.#modelOf(asked);
    const can = this.#abilitiesOf(model);
    const form: Form = {
      wav: new Uint8Array(writeWav(pcm)),
      model,
      language,
      by: servedBy(model, this.#client.baseURL),
      hints: can.acceptsHints ? hints : [],
      hasWordTimes: asked.hasWordTimes === true && can.hasWordTimes,
    };
    const isTranslated = asked.isTranslated === true && can.translates;
    yield* isTranslated ? this.#translated(form, signal) : this.#asFarAsTaken(form, signal);
  }

  /** A name that is not on the list never reaches the server: anyone may have chosen it. */
  #modelOf({ model }: TranscriptionOptions): string {
    const { model: usual, models = [] } = this.#options;
    return model !== undefined && models.includes(model) ? model : usual;
  }

  #abilitiesOf(model: string): Abilities {
    const known = this.#abilities.get(model);
    if (known) return known;
    const streams = streaming.test(model) ? 'unknown' : 'no';
    const found: Abilities = { streams, acceptsHints: true, hasWordTimes: true, translates: true };
    this.#abilities.set(model, found);
    return found;
  }

  /** Text in English, where the server translates with this model; else in the spoken language. */
  async *#translated(form: Form, signal: AbortSignal): AsyncGenerator<TranscriptUpdate> {
    try {
      const plainForm = { ...form, language: undefined, hasWordTimes: false }; // it takes neither
      const transcript = await ask(this.#client, 'translations', plainForm, signal);
      signal.throwIfAborted();
      yield { kind: 'final', transcript: { ...transcript, language: 'en', isTranslated: true } };
    } catch (error) {
      signal.throwIfAborted();
      if (!hasStatus(error, notThere)) throw error;
      yield* learning(this.#asFarAsTaken(form, signal), () => {
        this.#abilitiesOf(form.model).translates = false;
      });
    }
  }

  /** Repeats the request with fewer fields where the server does not know one. */
  async *#asFarAsTaken(form: Form, signal: AbortSignal): AsyncGenerator<TranscriptUpdate> {
    const { hasWordTimes, hints } = form;
    try {
      yield* this.#recognise(form, signal);
    } catch (error) {
      signal.throwIfAborted();
      const isPlain = hints.length === 0 && !hasWordTimes;
      if (isPlain || !hasStatus(error, notUnderstood)) throw error;
      const can = this.#abilitiesOf(form.model);
      const fewer = hasWordTimes ? { ...form, hasWordTimes: false } : { ...form, hints: [] };
      yield* learning(this.#asFarAsTaken(fewer, signal), () => {
        if (hasWordTimes) can.hasWordTimes = false;
        else can.acceptsHints = false;
      });
    }
  }

  async *#recognise(form: Form, signal: AbortSignal): AsyncGenerator<TranscriptUpdate> {
    const can = this.#abilitiesOf(form.model);
    const mayStream = can.streams !== 'no' && !form.hasWordTimes; // a stream has no times
    if (mayStream && (yield* this.#tryStream(form, can, signal))) return;
    const transcript = await ask(this.#client, 'transcriptions', form, signal);
    signal.throwIfAborted();
    if (mayStream) can.streams = 'no';
    yield { kind: 'final', transcript };
  }

  /** True once the words are given; false if the server cannot do it this way. */
  async *#tryStream(form: Form, can: Abilities, signal: AbortSignal) {
    let isWhole = false;
    try {
      const onWhole = () => {
        isWhole = true;
      };
      yield* follow(this.#client, form, signal, onWhole);
      can.streams = isWhole ? 'no' : 'yes';
      return true;
    } catch (error) {
      const unable = error instanceof BotError && noStream.has(error.code);
      if (!unable || can.streams === 'yes') throw error;
      return false;
    }
  }
}

/** Records abilities of a server once its words are there, before they are handed on: the reader may stop there. */
async function* learning(
  updates: AsyncIterable<TranscriptUpdate>,
  learn: () => void,
): AsyncGenerator<TranscriptUpdate> {
  for await (const update of updates) {
    if (update.kind === 'final') learn();
    yield update;
  }
}

async function ask(
  client: ApiClient,
  at: 'transcriptions' | 'translations',
  form: Form,
  signal: AbortSignal,
): Promise<Transcript> {
  try {
    const body = fieldsOf(form, client.baseURL);
    const asked =
      at === 'translations'
        ? client.audio.translations.create({ ...body, response_format: 'json' }, { signal })
        : client.audio.transcriptions.create(body, { signal });
    return signed(transcriptOf(await asked, form.language), form.by);
  } catch (cause) {
    signal.throwIfAborted();
    throw describeError(cause, client);
  }
}

async function* follow(
  client: ApiClient,
  form: Form,
  signal: AbortSignal,
  onWhole: () => void,
): AsyncGenerator<TranscriptUpdate> {
  try {
    const body = { ...fieldsOf(form, client.baseURL), stream: true as const };
    const response = await client.audio.transcriptions.create(body, { signal }).asResponse();
    for await (const update of readTranscript(response, form.language, onWhole)) {
      signal.throwIfAborted();
      if (update.kind === 'partial') yield update;
      else yield { kind: 'final', transcript: signed(update.transcript, form.by) };
    }
    signal.throwIfAborted();
  } catch (cause) {
    signal.throwIfAborted();
    throw describeError(cause, client);
  }
}

function hasStatus(error: unknown, statuses: ReadonlySet<number>): boolean {
  return error instanceof BotError && statuses.has(error.about.status ?? 0);
}

function signed(transcript: Transcript, by: ServedBy): Transcript {
  return { ...transcript, usage: { ...transcript.usage, by } };
}

function fieldsOf(
  { wav, model, language, hints, hasWordTimes }: Form,
  baseUrl: string,
): TranscriptionCreateParamsNonStreaming {
  // Servers choose their decoder by the name of the file.
  const file = new File([wav], 'utterance.wav', { type: 'audio/wav' });
  const formFields = { ...languageHint(model, language), ...hintFields(model, baseUrl, hints) };
  if (!hasWordTimes) return { model, file, response_format: 'json', ...formFields };
  return {
    model,
    file,
    response_format: 'verbose_json',
    timestamp_granularities: ['word'],
    ...formFields,
  };
}
