import type { TranscriptionCreateParamsNonStreaming } from 'openai/resources/audio/transcriptions';
import { writeWav } from '#src/audio/formats/wav.ts';
import { BotError, type ErrorCode } from '#src/base/errors.ts';
import type { ApiClient } from '#src/provider/api-client.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
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

/** Parts that a server may reject. Only the first answer pays for finding out. */
type RequestPart = 'translation' | 'word times' | 'hints' | 'stream' | 'opus';

type UploadForm = {
  readonly pcm: UtterancePcm;
  readonly model: string;
  readonly language: string | undefined;
  readonly hints: readonly string[];
};

type Abilities = {
  refused: ReadonlySet<RequestPart>;
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
 * Opens a recogniser behind any server with OpenAI's `/audio/transcriptions`, with one upload for each utterance.
 *
 * @example
 * import { openClient } from '#src/provider/api-client.ts';
 * import { openTranscriber } from '#src/speech/openai/openai-transcriber.ts';
 * import type { UtterancePcm } from '#src/speech/speech-engine.ts';
 *
 * declare const utterance: UtterancePcm, signal: AbortSignal;
 * const client = openClient({ baseUrl: 'http://127.0.0.1:8000/v1' });
 * const transcriber = openTranscriber(client, { model: 'whisper-1' });
 * for await (const update of transcriber.transcribe(utterance, signal)) console.log(update);
 */
export function openTranscriber(
  client: ApiClient,
  options: TranscriberOptions,
): Transcriber {
  const abilities = new Map<string, Abilities>();

  function getAbilities(model: string): Abilities {
    const known = abilities.get(model);
    if (known) return known;
    const found = {
      refused: new Set<never>(),
      hasStreamed: false,
      hasHeardOpus: false,
    };
    abilities.set(model, found);
    return found;
  }

  return {
    async *transcribe(pcm, signal, asked = {}) {
      signal.throwIfAborted();
      if (!isListenable(pcm)) {
        yield { kind: 'final', transcript: { text: '' } };
        return;
      }
      const { model: usual, models = [] } = options;
      // Anybody may have chosen the name, so an unlisted one never reaches the server.
      const model = models.find((one) => one === asked.model) ?? usual;
      const can = getAbilities(model);
      const { hints = [], language: known } = asked;
      const language = known ? toBaseLanguage(known) : options.language;
      const form = { pcm, model, language, hints };
      const wanted = listWantedParts(form, asked).difference(can.refused);
      yield* sendUntilAccepted(
        {
          wanted,
          send: (parts) => sendSound(client, form, parts, can, signal),
          isAnswer: ({ kind }) => kind === 'final',
          reduce: (error, parts) => {
            const refused = findRejectedUploadPart(error, parts, can);
            if (!refused) throw error;
            if (doubtfulParts.has(refused)) return parts.difference(new Set([refused]));
            // The doubtful parts may have been rejected for another part.
            const isLeft = (part: RequestPart) =>
              parts.has(part) || doubtfulParts.has(part);
            return [...wanted].filter((part) => part !== refused && isLeft(part));
          },
          onAccepted: (parts, answer) => {
            const refused = wanted.difference(parts);
            if (getFinalText(answer) === '') refused.delete('opus');
            can.refused = can.refused.union(refused);
          },
        },
        signal,
      );
    },
  };
}

async function* sendSound(
  client: ApiClient,
  form: UploadForm,
  parts: ReadonlySet<RequestPart>,
  can: Abilities,
  signal: AbortSignal,
): AsyncGenerator<TranscriptUpdate> {
  const { language, model } = form;
  const { audio, baseURL } = client;
  const by = describeServer(model, baseURL);
  const final = (transcript: Transcript): TranscriptUpdate => {
    if (parts.has('opus') && !can.hasHeardOpus) {
      // Some servers hear silence in a format that they do not know.
      if (transcript.text === '')
        throw new BotError('provider.empty', true, deafMessage);
      can.hasHeardOpus = true;
    }
    const usage = { ...transcript.usage, by };
    return { kind: 'final', transcript: { ...transcript, usage } };
  };
  const { translations, transcriptions } = audio;
  const fields = createFields(form, parts, baseURL);
  try {
    if (parts.has('translation')) {
      const body = { ...fields, response_format: 'json' as const };
      const reply = await translations.create(body, { signal });
      signal.throwIfAborted();
      const transcript = toTranscript(reply, undefined);
      yield final({ ...transcript, language: 'en', isTranslated: true });
    } else if (isStreamed(parts)) {
      const body = { ...fields, stream: true as const };
      const response = await transcriptions.create(body, { signal }).asResponse();
      let isWhole = false;
      const onWhole = () => {
        isWhole = true;
      };
      for await (const update of readTranscript(response, language, onWhole)) {
        signal.throwIfAborted();
        if (isWhole) can.refused = can.refused.union(new Set(['stream'] as const));
        else can.hasStreamed ||= update.kind === 'final';
        yield update.kind === 'partial' ? update : final(update.transcript);
      }
    } else {
      const reply = await transcriptions.create(fields, { signal });
      signal.throwIfAborted();
      yield final(toTranscript(reply, language));
    }
    signal.throwIfAborted();
  } catch (cause) {
    signal.throwIfAborted();
    throw describeError(cause, client);
  }
}

const deafMessage = 'The transcription server heard nothing in packed sound.';
const doubtfulParts: ReadonlySet<RequestPart> = new Set(['stream', 'opus']);

function getFinalText(update: TranscriptUpdate) {
  return update.kind === 'final' ? update.transcript.text : undefined;
}

function listWantedParts(
  { hints, model, pcm }: UploadForm,
  { hasWordTimes, isTranslated }: TranscriptionOptions,
) {
  const parts = new Set<RequestPart>();
  if (isTranslated) parts.add('translation');
  if (hasWordTimes) parts.add('word times');
  if (hints.length > 0) parts.add('hints');
  if (streamingModels.test(model)) parts.add('stream');
  if (pcm.toOgg) parts.add('opus');
  return parts;
}

function isStreamed(parts: ReadonlySet<RequestPart>) {
  // A stream has no times of words.
  return parts.has('stream') && !parts.has('translation') && !parts.has('word times');
}

function findRejectedUploadPart(
  error: unknown,
  parts: ReadonlySet<RequestPart>,
  { hasHeardOpus, hasStreamed }: Abilities,
): RequestPart | undefined {
  if (!(error instanceof BotError)) return undefined;
  const { status = 0 } = error.about;
  const isOfSound =
    status === 0
      ? unknownFormCodes.has(error.code)
      : soundRejectionStatuses.has(status);
  if (parts.has('opus') && !hasHeardOpus && isOfSound) return 'opus';
  if (parts.has('translation'))
    return missingEndpointStatuses.has(status) ? 'translation' : undefined;
  if (isStreamed(parts) && !hasStreamed && unknownFormCodes.has(error.code))
    return 'stream';
  if (!formRejectionStatuses.has(status)) return undefined;
  return (['word times', 'hints'] as const).find((part) => parts.has(part));
}

function createFields(
  { pcm, model, language, hints }: UploadForm,
  parts: ReadonlySet<RequestPart>,
  baseUrl: string,
): TranscriptionCreateParamsNonStreaming {
  // Servers choose their decoder by the name of the file.
  const file =
    parts.has('opus') && pcm.toOgg
      ? new File([new Uint8Array(pcm.toOgg())], 'utterance.ogg', { type: 'audio/ogg' })
      : new File([new Uint8Array(writeWav(pcm))], 'utterance.wav', {
          type: 'audio/wav',
        });
  const likely = parts.has('hints') ? createHintFields(model, baseUrl, hints) : {};
  if (parts.has('translation')) return { model, file, ...likely };
  const plain = { model, file, ...createLanguageHint(model, language), ...likely };
  if (!parts.has('word times')) return { ...plain, response_format: 'json' };
  return {
    ...plain,
    response_format: 'verbose_json',
    timestamp_granularities: ['word'],
  };
}
