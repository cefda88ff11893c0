import type { TranscriptionCreateParamsNonStreaming } from 'openai/resources/audio/transcriptions';
import { writeWav } from '#src/audio/formats/wav.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError, type ErrorCode } from '#src/base/errors.ts';
import {
  applyOperatorLanguage,
  type ChosenLanguage,
  findSetLanguage,
  listLikelyLanguages,
  toBaseLanguage,
} from '#src/base/language/expected-language.ts';
import type { ApiClient } from '#src/provider/api-client.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { classifyRefusal, isTooShortSound } from '#src/provider/models/refusal.ts';
import { negotiate, type RefusedPart } from '#src/provider/negotiation/negotiation.ts';
import {
  isSent,
  type RequestForms,
  type RequestPart,
  type ServerHabit,
  ServerKnowledge,
} from '#src/provider/negotiation/server-knowledge.ts';
import { createHintFields, createLanguageHint } from '#src/speech/hints.ts';
import { isListenable } from '#src/speech/listen.ts';
import type {
  Transcriber,
  Transcript,
  TranscriptionOptions,
  TranscriptUpdate,
  UtterancePcm,
} from '#src/speech/speech-engine.ts';
import { NgramLanguageDetector } from '#src/speech/text-language/spoken-form.ts';
import {
  checkBareText,
  chooseGuess,
  chooseLook,
  chooseSecondGuess,
  judgeLook,
  type Look,
  readTranscript,
  type TranscriptReading,
  toTranscript,
} from './transcript-reply.ts';

/** The model that recognises. `language` is set by the operator; absent: detected. */
export type TranscriberOptions = TranscriptReading & {
  readonly model: string;
  /** A request may name one of these instead of `model`. */
  readonly models?: readonly string[];
  readonly language?: ChosenLanguage;
  /** Parts that the operator leaves out, as `stream`. */
  readonly without?: readonly string[];
  readonly clock?: Clock;
  /** Takes each habit of the server once. Never throws. */
  readonly report?: (habit: ServerHabit) => void;
};

/** Words of these models are streamed. */
const streamingModels = /^gpt-(4o-(mini-)?)?transcribe(?!-diarize)/;
/** Codes of answers in a form that is not read. */
const unreadableCodes: ReadonlySet<ErrorCode> = new Set([
  'provider.wrong_type',
  'provider.truncated',
  'provider.empty',
]);
/** Statuses of servers without an endpoint, or without one for this model. */
const missingEndpointStatuses = new Set([400, 404, 405, 410, 422, 501]);
/** Servers reject the form of a request with these. */
const formRejectionStatuses = new Set([400, 422]);
/** A decoder that does not know a format may end a request of a plain server. */
const soundRejectionStatuses = new Set([400, 415, 422, 500]);

type UploadForm = TranscriptReading & {
  readonly pcm: UtterancePcm;
  readonly model: string;
  /** Set by somebody, so that it is sent. */
  readonly language: string | undefined;
  /** Sent only to a server that takes nothing without a language. */
  readonly guess: string;
  readonly hints: readonly string[];
};

/** An update, with the language that the server was told as a guess, if it takes nothing without one. */
type GuessedUpdate = TranscriptUpdate & { readonly guess?: string };

/** Abilities that a model has shown. */
type Abilities = {
  hasStreamed: boolean;
  /** Words came of packed sound. */
  hasHeardOpus: boolean;
  /** The last answer came whole where a stream was asked for. */
  isWhole: boolean;
  /** Nothing was heard in packed sound, and the same sound was sent as WAV. */
  wasDeaf: boolean;
};

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
  readonly #knowledge: ServerKnowledge;
  readonly #textLanguage = new NgramLanguageDetector();
  /** By model. */
  readonly #abilities = new Map<string, Abilities>();

  constructor(client: ApiClient, options: TranscriberOptions) {
    const { clock = realClock, report, without } = options;
    this.#client = client;
    this.#options = options;
    this.#knowledge = new ServerKnowledge({
      clock,
      report,
      without,
      withoutSetting: 'TRANSCRIPTION_WITHOUT',
    });
  }

  /** Uploads one utterance, without the parts that the server has refused before. */
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
    try {
      yield* this.#lookTwice(this.#createForm(pcm, options), options, signal);
    } catch (cause) {
      signal.throwIfAborted();
      // Nobody knows yet what was said, so no sentence of the server may stand in the log.
      if (!isTooShortSound(cause)) throw describeError(cause, this.#client);
      yield { kind: 'final', transcript: { text: '' } };
    }
  }

  /** Asks once more, in another language, if words are unlikely in a language that the bot only guessed. */
  async *#lookTwice(
    form: UploadForm,
    options: TranscriptionOptions,
    signal: AbortSignal,
  ): AsyncGenerator<TranscriptUpdate> {
    let first: Look | undefined;
    for await (const update of this.#askUntilAccepted(form, options, signal)) {
      if (update.kind === 'final' && update.guess !== undefined)
        first = await judgeLook(update.transcript, update.guess, this.#textLanguage);
      else yield update;
    }
    if (!first) return;
    const transcript = await this.#lookAgain(first, form, options, signal);
    yield { kind: 'final', transcript };
  }

  /** Returns the words of the better of two looks, or of the first alone where it is good, or no money is left. */
  async #lookAgain(
    first: Look,
    form: UploadForm,
    options: TranscriptionOptions,
    signal: AbortSignal,
  ) {
    const guess = chooseSecondGuess(first, listLikelyLanguages(options.language));
    if (guess === undefined) return first.transcript;
    try {
      await options.tries?.renew(undefined);
      const again = this.#askUntilAccepted({ ...form, guess }, options, signal);
      for await (const update of again) {
        if (update.kind !== 'final') continue;
        const { transcript } = update;
        return chooseLook(
          first,
          await judgeLook(transcript, guess, this.#textLanguage),
        );
      }
    } catch {
      signal.throwIfAborted(); // The first words count.
    }
    return first.transcript;
  }

  #askUntilAccepted(
    form: UploadForm,
    options: TranscriptionOptions,
    signal: AbortSignal,
  ) {
    const abilities = this.#getAbilities(form.model);
    const send = (forms: RequestForms, sent = form, until = signal) =>
      sendSound(this.#client, sent, forms, abilities, until);
    return negotiate(
      {
        parts: this.#listParts(form, options),
        tries: options.tries,
        send,
        isAnswer: ({ kind }) => kind === 'final',
        findRefused: (cause, forms) => findRefusedParts(cause, forms, abilities),
        onAccepted: (_, answer) => {
          if (!isSilent(answer)) this.#learnAbilities(form, options, abilities);
        },
        sendTrial: (forms, until) => send(forms, { ...form, pcm: trialSound }, until),
      },
      this.#knowledge,
      signal,
    );
  }

  #listParts(form: UploadForm, options: TranscriptionOptions) {
    const { models = [] } = this.#options;
    const circumstance = models.length > 1 ? form.model : undefined;
    return listUploadParts(form, options).map((part) => ({ ...part, circumstance }));
  }

  /** Learns what an answer showed without a refusal. */
  #learnAbilities(
    form: UploadForm,
    options: TranscriptionOptions,
    { isWhole, wasDeaf }: Abilities,
  ) {
    const learnt = [isWhole && 'stream', wasDeaf && 'ogg'];
    for (const part of this.#listParts(form, options))
      if (learnt.includes(part.name))
        this.#knowledge.learnLesson({ part, form: '', certainty: 'guessed' });
  }

  #createForm(
    pcm: UtterancePcm,
    { hints = [], language, model }: TranscriptionOptions,
  ): UploadForm {
    const {
      language: operatorLanguage,
      model: usualModel,
      models = [],
    } = this.#options;
    const set = findSetLanguage(applyOperatorLanguage(language, operatorLanguage));
    return {
      takesPlainText: this.#options.takesPlainText,
      pcm,
      // Anybody may have chosen the name, so an unlisted one never reaches the server.
      model: models.find((listedModel) => listedModel === model) ?? usualModel,
      language: set && toBaseLanguage(set),
      guess: chooseGuess(listLikelyLanguages(language)),
      hints,
    };
  }

  #getAbilities(model: string): Abilities {
    const knownAbilities = this.#abilities.get(model);
    if (knownAbilities) return knownAbilities;
    const abilities = {
      hasStreamed: false,
      hasHeardOpus: false,
      isWhole: false,
      wasDeaf: false,
    };
    this.#abilities.set(model, abilities);
    return abilities;
  }
}

async function* sendSound(
  client: ApiClient,
  form: UploadForm,
  forms: RequestForms,
  abilities: Abilities,
  signal: AbortSignal,
): AsyncGenerator<GuessedUpdate> {
  const by = { kind: 'remote', model: form.model, host: client.host } as const;
  const isGuess = form.language === undefined && isSent(forms, 'language');
  abilities.isWhole = false;
  if (isSent(forms, 'ogg')) abilities.wasDeaf = false;
  for await (const update of requestTranscript(
    client,
    form,
    forms,
    abilities,
    signal,
  )) {
    if (update.kind === 'final') {
      checkPackedSound(update.transcript, forms, abilities);
      const usage = { ...update.transcript.usage, by };
      const transcript = { ...update.transcript, usage };
      // A server that is told a language repeats it.
      yield isGuess
        ? { kind: 'final', transcript: withoutLanguage(transcript), guess: form.guess }
        : { kind: 'final', transcript };
    } else yield update;
  }
  signal.throwIfAborted();
}

function withoutLanguage({ language: _, ...transcript }: Transcript): Transcript {
  return transcript;
}

/** Throws if the words of packed sound are doubtful. */
function checkPackedSound(
  { text }: Transcript,
  forms: RequestForms,
  abilities: Abilities,
) {
  if (!isSent(forms, 'ogg') || abilities.hasHeardOpus) return;
  // Some servers hear silence in a format that they do not know.
  abilities.wasDeaf = text === '';
  if (abilities.wasDeaf) throw new BotError('provider.empty', true, deafMessage);
  abilities.hasHeardOpus = true;
}

async function* requestTranscript(
  { audio, isOpenAi }: ApiClient,
  form: UploadForm,
  forms: RequestForms,
  abilities: Abilities,
  signal: AbortSignal,
): AsyncGenerator<TranscriptUpdate> {
  const { translations, transcriptions } = audio;
  const body = createBody(form, forms, isOpenAi);
  if (isSent(forms, 'translation')) {
    const jsonBody = { ...body, response_format: 'json' as const };
    const answer = translations.create(jsonBody, { signal }).withResponse();
    const transcript = toTranscript(await readReply(answer, form, signal), undefined);
    yield {
      kind: 'final',
      transcript: { ...transcript, language: 'en', isTranslated: true },
    };
  } else if (isStreamed(forms)) {
    const streamBody = { ...body, stream: true as const };
    const response = await transcriptions.create(streamBody, { signal }).asResponse();
    yield* readStream(response, form, abilities, signal);
  } else {
    const answer = transcriptions.create(body, { signal }).withResponse();
    const reply = await readReply(answer, form, signal);
    yield { kind: 'final', transcript: toTranscript(reply, form.language) };
  }
}

/** Reads an answer, in which a JSON string is no bare text. */
async function readReply(
  answer: Promise<{ readonly data: unknown; readonly response: Response }>,
  reading: TranscriptReading,
  signal: AbortSignal,
) {
  const { data, response } = await answer;
  signal.throwIfAborted();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  const isString = isJson && typeof data === 'string';
  return isString ? { text: data } : checkBareText(data, reading);
}

async function* readStream(
  response: Response,
  form: UploadForm,
  abilities: Abilities,
  signal: AbortSignal,
) {
  const onWhole = () => {
    abilities.isWhole = true;
  };
  for await (const update of readTranscript(response, form.language, onWhole, form)) {
    signal.throwIfAborted();
    abilities.hasStreamed ||= !abilities.isWhole && update.kind === 'final';
    yield update;
  }
}

const deafMessage = 'The transcription server heard nothing in packed sound.';

/** Sound in which nobody speaks, for trials. */
const trialSound: UtterancePcm = {
  samples: new Int16Array(listenRateHz / 2).map((_, n) => (n % 7) - 3),
  rateHz: listenRateHz,
  channels: 1,
};

function isSilent(update: TranscriptUpdate) {
  return update.kind === 'final' && update.transcript.text === '';
}

function listUploadParts(
  { hints, language, model, pcm }: UploadForm,
  { hasWordTimes, isTranslated }: TranscriptionOptions,
): readonly RequestPart[] {
  return [
    ...(streamingModels.test(model) ? [streamPart] : []),
    ...(pcm.toOgg ? [packedSoundPart] : []),
    ...(hints.length > 0 ? [hintsPart] : []),
    language === undefined ? demandedLanguagePart : languagePart,
    ...(hasWordTimes ? [wordTimesPart] : []),
    ...(isTranslated ? [translationPart] : []),
  ];
}

const streamPart: RequestPart = {
  name: 'stream',
  forms: ['asked', ''],
  namedBy: /\bstream(?:ing|ed|s)?\b/i,
  givenUp: 'first',
};

const packedSoundPart: RequestPart = {
  name: 'ogg',
  forms: ['ogg', ''],
  namedBy: /\bogg\b|\bopus\b|decod|file (?:format|type)|\bwav\b/i,
  givenUp: 'first',
};

const hintsPart: RequestPart = {
  name: 'prompt',
  forms: ['sent', ''],
  namedBy: /\bprompt\b|\bkeywords?\b|\bhotwords\b/i,
  givenUp: 'first',
};

const languagePart: RequestPart = {
  name: 'language',
  forms: ['sent', ''],
  givenUp: 'never',
};

/** A server that detects is told no guess. One that refuses to do without a language gets it. */
const demandedLanguagePart: RequestPart = {
  name: 'language',
  forms: ['', 'a guess', ''],
  givenUp: 'never',
  setting: 'TRANSCRIPTION_LANGUAGE',
};

const wordTimesPart: RequestPart = {
  name: 'timestamp_granularities',
  forms: ['word', ''],
  namedBy: /timestamp|verbose_json|response_format/i,
  givenUp: 'last',
};

const translationPart: RequestPart = {
  name: 'translation',
  forms: ['asked', ''],
  givenUp: 'last',
};

function isStreamed(forms: RequestForms) {
  // A stream has no times of words.
  return (
    isSent(forms, 'stream') &&
    !isSent(forms, 'translation') &&
    !isSent(forms, 'timestamp_granularities')
  );
}

/** Finds the part to blame where the refusal alone does not tell. */
function findRefusedParts(
  cause: unknown,
  forms: RequestForms,
  { hasHeardOpus, hasStreamed, wasDeaf }: Abilities,
): readonly RefusedPart[] | undefined {
  const { kind, status = 0 } = classifyRefusal(cause);
  const isUnreadable =
    cause instanceof BotError
      ? unreadableCodes.has(cause.code)
      : kind === 'request' && status === 0;
  const isOfSound = kind === 'request' && soundRejectionStatuses.has(status);
  // Nothing is learnt from silence before WAV of the same sound gave words.
  if (wasDeaf && isSent(forms, 'ogg')) return [{ name: 'ogg', isOnce: true }];
  const suspects: Readonly<Record<string, boolean>> = {
    translation: missingEndpointStatuses.has(status),
    // Few servers know times of words.
    timestamp_granularities: formRejectionStatuses.has(status),
    ogg: !hasHeardOpus && (isUnreadable || isOfSound),
    stream: isStreamed(forms) && !hasStreamed && isUnreadable,
  };
  const name = Object.keys(suspects).find(
    (part) => suspects[part] && isSent(forms, part),
  );
  return name === undefined ? undefined : [{ name }];
}

function createBody(
  { guess, hints, language = guess, model, pcm }: UploadForm,
  forms: RequestForms,
  isOpenAi: boolean,
): TranscriptionCreateParamsNonStreaming {
  // Servers choose their decoder by the name of the file.
  const file =
    isSent(forms, 'ogg') && pcm.toOgg
      ? new File([new Uint8Array(pcm.toOgg())], 'utterance.ogg', { type: 'audio/ogg' })
      : new File([new Uint8Array(writeWav(pcm))], 'utterance.wav', {
          type: 'audio/wav',
        });
  const hintFields = isSent(forms, 'prompt')
    ? createHintFields(model, isOpenAi, hints)
    : {};
  if (isSent(forms, 'translation')) return { model, file, ...hintFields };
  const languageFields = isSent(forms, 'language')
    ? createLanguageHint(model, language)
    : {};
  const plain = { model, file, ...languageFields, ...hintFields };
  if (!isSent(forms, 'timestamp_granularities'))
    return { ...plain, response_format: 'json' };
  return {
    ...plain,
    response_format: 'verbose_json',
    timestamp_granularities: ['word'],
  };
}
