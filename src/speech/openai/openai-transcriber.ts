import type { TranscriptionCreateParamsNonStreaming } from 'openai/resources/audio/transcriptions';
import { writeWav } from '#src/audio/formats/wav.ts';
import { BotError, type ErrorCode } from '#src/base/errors.ts';
import type { ApiClient } from '#src/provider/api-client.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { isTooShortSound } from '#src/provider/models/refusal.ts';
import { describeServer } from '#src/provider/models/standard-models.ts';
import { sendUntilAccepted } from '#src/provider/reducible-request.ts';
import {
  createHintFields,
  createLanguageHint,
  toBaseLanguage,
} from '#src/speech/hints.ts';
import type {
  Transcriber,
  Transcript,
  TranscriptionOptions,
  TranscriptUpdate,
  UtterancePcm,
} from '#src/speech/speech-engine.ts';
import { isListenable } from '#src/speech/utterance-sound.ts';
import { readTranscript, toTranscript } from './transcript-reply.ts';

/** The model that recognises. `language` is BCP 47; absent: detected. */
export type TranscriberOptions = {
  readonly model: string;
  /** A request may name one of these instead of `model`. */
  readonly models?: readonly string[];
  readonly language?: string;
};

/** Words of these models are streamed. */
const streamingModels = /^gpt-(4o-(mini-)?)?transcribe(?!-diarize)/;
/** Codes of servers that do not stream, or do not know the format of the sound. */
const unknownFormCodes: ReadonlySet<ErrorCode> = new Set([
  'provider.refused',
  'provider.wrong_type',
  'provider.truncated',
  'provider.empty',
]);

/** Fields of a request that a server may reject. Only the first answer pays for finding out. */
type RequestField = 'translation' | 'word times' | 'hints' | 'stream' | 'opus';

type UploadForm = {
  readonly pcm: UtterancePcm;
  readonly model: string;
  readonly language: string | undefined;
  readonly hints: readonly string[];
};

/** Abilities of a model, as far as its server has shown them. */
type Abilities = {
  refused: ReadonlySet<RequestField>;
  hasStreamed: boolean;
  /** Words came of packed sound. */
  hasHeardOpus: boolean;
};

/** Servers reject the form of a request with these. A missing endpoint has further ones. */
const formRejectionStatuses = new Set([400, 422]);
const missingEndpointStatuses = new Set([...formRejectionStatuses, 404, 405, 410, 501]);
/** A decoder that does not know a format may end a request of a plain server. */
const soundRejectionStatuses = new Set([...formRejectionStatuses, 415, 500]);

/**
 * A recogniser behind any server with OpenAI's `/audio/transcriptions`, with one upload for each utterance.
 *
 * @example
 * import { openClient } from '#src/provider/api-client.ts';
 * import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
 * import type { UtterancePcm } from '#src/speech/speech-engine.ts';
 *
 * declare const utterance: UtterancePcm, signal: AbortSignal;
 * const client = openClient({ baseUrl: 'http://127.0.0.1:8000/v1' });
 * const transcriber = new OpenAiTranscriber(client, { model: 'whisper-1' });
 * for await (const update of transcriber.transcribe(utterance, signal)) console.log(update);
 */
export class OpenAiTranscriber implements Transcriber {
  readonly #client: ApiClient;
  readonly #options: TranscriberOptions;
  /** By model. */
  readonly #abilities = new Map<string, Abilities>();

  constructor(client: ApiClient, options: TranscriberOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Uploads one utterance, without the fields that the server has rejected before. */
  async *transcribe(
    pcm: UtterancePcm,
    signal: AbortSignal,
    options: TranscriptionOptions = {},
  ): AsyncGenerator<TranscriptUpdate> {
    signal.throwIfAborted();
    if (!isListenable(pcm)) {
      yield { kind: 'final', transcript: { text: '' } };
      return;
    }
    const form = this.#createForm(pcm, options);
    const abilities = this.#getAbilities(form.model);
    const wantedFields = listWantedFields(form, options).difference(abilities.refused);
    yield* sendUntilAccepted(
      {
        wanted: wantedFields,
        send: (fields) => sendSound(this.#client, form, fields, abilities, signal),
        isAnswer: ({ kind }) => kind === 'final',
        reduce: (error, fields) => reduceFields(error, fields, wantedFields, abilities),
        onAccepted: (fields, answer) => {
          const refused = wantedFields.difference(fields);
          if (getFinalText(answer) === '') refused.delete('opus');
          abilities.refused = abilities.refused.union(refused);
        },
      },
      signal,
    );
  }

  #createForm(
    pcm: UtterancePcm,
    { hints = [], language, model }: TranscriptionOptions,
  ): UploadForm {
    const { language: usualLanguage, model: usualModel, models = [] } = this.#options;
    return {
      pcm,
      // Anybody may have chosen the name, so an unlisted one never reaches the server.
      model: models.find((listedModel) => listedModel === model) ?? usualModel,
      language: language ? toBaseLanguage(language) : usualLanguage,
      hints,
    };
  }

  #getAbilities(model: string): Abilities {
    const knownAbilities = this.#abilities.get(model);
    if (knownAbilities) return knownAbilities;
    const abilities = {
      refused: new Set<never>(),
      hasStreamed: false,
      hasHeardOpus: false,
    };
    this.#abilities.set(model, abilities);
    return abilities;
  }
}

async function* sendSound(
  client: ApiClient,
  form: UploadForm,
  fields: ReadonlySet<RequestField>,
  abilities: Abilities,
  signal: AbortSignal,
): AsyncGenerator<TranscriptUpdate> {
  const by = describeServer(form.model, client.baseURL);
  try {
    for await (const update of requestTranscript(
      client,
      form,
      fields,
      abilities,
      signal,
    )) {
      if (update.kind === 'final') {
        checkPackedSound(update.transcript, fields, abilities);
        const usage = { ...update.transcript.usage, by };
        yield { kind: 'final', transcript: { ...update.transcript, usage } };
      } else yield update;
    }
    signal.throwIfAborted();
  } catch (cause) {
    signal.throwIfAborted();
    // Nobody knows yet what was said, so no sentence of the server may stand in the log.
    if (!isTooShortSound(cause)) throw describeError(cause, client);
    yield { kind: 'final', transcript: { text: '' } };
  }
}

/** Throws if the words of packed sound are doubtful. */
function checkPackedSound(
  { text }: Transcript,
  fields: ReadonlySet<RequestField>,
  abilities: Abilities,
) {
  if (!fields.has('opus') || abilities.hasHeardOpus) return;
  // Some servers hear silence in a format that they do not know.
  if (text === '') throw new BotError('provider.empty', true, deafMessage);
  abilities.hasHeardOpus = true;
}

async function* requestTranscript(
  { audio, baseURL }: ApiClient,
  form: UploadForm,
  fields: ReadonlySet<RequestField>,
  abilities: Abilities,
  signal: AbortSignal,
): AsyncGenerator<TranscriptUpdate> {
  const { translations, transcriptions } = audio;
  const body = createBody(form, fields, baseURL);
  if (fields.has('translation')) {
    const jsonBody = { ...body, response_format: 'json' as const };
    const reply = await translations.create(jsonBody, { signal });
    signal.throwIfAborted();
    const transcript = toTranscript(reply, undefined);
    yield {
      kind: 'final',
      transcript: { ...transcript, language: 'en', isTranslated: true },
    };
  } else if (isStreamed(fields)) {
    const streamBody = { ...body, stream: true as const };
    const response = await transcriptions.create(streamBody, { signal }).asResponse();
    yield* readStream(response, form.language, abilities, signal);
  } else {
    const reply = await transcriptions.create(body, { signal });
    signal.throwIfAborted();
    yield { kind: 'final', transcript: toTranscript(reply, form.language) };
  }
}

async function* readStream(
  response: Response,
  language: string | undefined,
  abilities: Abilities,
  signal: AbortSignal,
) {
  let isWhole = false;
  const onWhole = () => {
    isWhole = true;
  };
  for await (const update of readTranscript(response, language, onWhole)) {
    signal.throwIfAborted();
    if (isWhole)
      abilities.refused = abilities.refused.union(new Set(['stream'] as const));
    else abilities.hasStreamed ||= update.kind === 'final';
    yield update;
  }
}

const deafMessage = 'The transcription server heard nothing in packed sound.';
const doubtfulFields: ReadonlySet<RequestField> = new Set(['stream', 'opus']);

/** Lists the fields of the next attempt. Throws the error if no field is to blame. */
function reduceFields(
  error: unknown,
  fields: ReadonlySet<RequestField>,
  wantedFields: ReadonlySet<RequestField>,
  abilities: Abilities,
): Iterable<RequestField> {
  const refused = findRejectedField(error, fields, abilities);
  if (!refused) throw error;
  if (doubtfulFields.has(refused)) return fields.difference(new Set([refused]));
  // The doubtful fields may have been rejected for another one.
  const isLeft = (field: RequestField) =>
    fields.has(field) || doubtfulFields.has(field);
  return [...wantedFields].filter((field) => field !== refused && isLeft(field));
}

function getFinalText(update: TranscriptUpdate) {
  return update.kind === 'final' ? update.transcript.text : undefined;
}

function listWantedFields(
  { hints, model, pcm }: UploadForm,
  { hasWordTimes, isTranslated }: TranscriptionOptions,
) {
  const fields = new Set<RequestField>();
  if (isTranslated) fields.add('translation');
  if (hasWordTimes) fields.add('word times');
  if (hints.length > 0) fields.add('hints');
  if (streamingModels.test(model)) fields.add('stream');
  if (pcm.toOgg) fields.add('opus');
  return fields;
}

function isStreamed(fields: ReadonlySet<RequestField>) {
  // A stream has no times of words.
  return (
    fields.has('stream') && !fields.has('translation') && !fields.has('word times')
  );
}

function findRejectedField(
  error: unknown,
  fields: ReadonlySet<RequestField>,
  { hasHeardOpus, hasStreamed }: Abilities,
): RequestField | undefined {
  if (!(error instanceof BotError)) return undefined;
  const { status = 0 } = error.about;
  const isOfSound =
    status === 0
      ? unknownFormCodes.has(error.code)
      : soundRejectionStatuses.has(status);
  if (fields.has('opus') && !hasHeardOpus && isOfSound) return 'opus';
  if (fields.has('translation'))
    return missingEndpointStatuses.has(status) ? 'translation' : undefined;
  if (isStreamed(fields) && !hasStreamed && unknownFormCodes.has(error.code))
    return 'stream';
  if (!formRejectionStatuses.has(status)) return undefined;
  return (['word times', 'hints'] as const).find((field) => fields.has(field));
}

function createBody(
  { pcm, model, language, hints }: UploadForm,
  fields: ReadonlySet<RequestField>,
  baseUrl: string,
): TranscriptionCreateParamsNonStreaming {
  // Servers choose their decoder by the name of the file.
  const file =
    fields.has('opus') && pcm.toOgg
      ? new File([new Uint8Array(pcm.toOgg())], 'utterance.ogg', { type: 'audio/ogg' })
      : new File([new Uint8Array(writeWav(pcm))], 'utterance.wav', {
          type: 'audio/wav',
        });
  const hintFields = fields.has('hints') ? createHintFields(model, baseUrl, hints) : {};
  if (fields.has('translation')) return { model, file, ...hintFields };
  const plain = { model, file, ...createLanguageHint(model, language), ...hintFields };
  if (!fields.has('word times')) return { ...plain, response_format: 'json' };
  return {
    ...plain,
    response_format: 'verbose_json',
    timestamp_granularities: ['word'],
  };
}
