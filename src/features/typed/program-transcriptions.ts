import { setImmediate } from 'node:timers/promises';
import { getDurationMs, listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { RecordingCutter, type SpeechSpan } from '#src/audio/voice/recording-cutter.ts';
import {
  type SileroNetwork,
  VoiceWindowMeter,
} from '#src/audio/voice/voice-activity.ts';
import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type {
  RecordingPart,
  RecordingRequest,
  RecordingSegment,
} from '#src/features/contract/http-api-ports.ts';
import { WrittenAnswerConcurrency } from '#src/features/contract/written-answer-concurrency.ts';
import { toRecordingErrorLine } from '#src/features/tracks/sound-source-error-texts.ts';
import {
  createTranslationPrompt,
  parseTranslations,
  splitTranslationBatches,
} from '#src/pipeline/translation-prompt.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import { withTranscriptionOptions } from '#src/speech/hints.ts';
import { joinTexts } from '#src/speech/join-texts.ts';
import { shiftWords } from '#src/speech/listen.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import {
  isLongEnough,
  isSure,
  type TextLanguageDetector,
} from '#src/speech/text-language/spoken-form.ts';
import {
  type CompletionDeps,
  completeForMoney,
} from '#src/spending/paid-completion.ts';
import { transcribeSound } from './question-utterances.ts';

const maxRecordingsInServer = 2;
/** 19 MB of samples. */
const maxSoundMs = 600_000;
const maxTries = 2;

type TranscriptionDeps = Deps<
  'chat' | 'clock' | 'spending' | 'textLanguage' | 'transcriber'
>;

/** Transcribes recordings by utterance. Nothing is kept or shared with a channel. */
export class ProgramTranscriptions {
  readonly #deps: TranscriptionDeps;
  readonly #recordings: Recordings;
  readonly #models: readonly string[];
  readonly #weights: SileroNetwork;
  readonly #ending: AbortSignal;
  readonly #concurrency = new WrittenAnswerConcurrency(1, maxRecordingsInServer);

  /** Creates the transcriptions. Aborting `ending` ends them. */
  constructor(
    deps: TranscriptionDeps,
    recordings: Recordings,
    models: readonly string[],
    weights: SileroNetwork,
    ending: AbortSignal,
  ) {
    this.#deps = deps;
    this.#recordings = recordings;
    this.#models = models;
    this.#weights = weights;
    this.#ending = ending;
  }

  /** Lists the models that a program may choose, the usual one first. */
  listModels(): readonly string[] {
    return this.#models;
  }

  /** Transcribes a recording as it is read. Reading throws errors of the recogniser. */
  async *transcribeRecording(
    request: RecordingRequest,
    signal: AbortSignal,
  ): AsyncGenerator<RecordingPart> {
    const { asker, guildId, longestMs } = request;
    using stack = new DisposableStack();
    const slot = stack.use(this.#concurrency.enter(guildId, asker.id));
    if (!slot) return yield { kind: 'busy' };
    const either = AbortSignal.any([signal, this.#ending]);
    either.addEventListener('abort', () => slot[Symbol.dispose](), { once: true });
    const deadline = stack.use(
      createDeadlineSignal(longestMs, this.#deps.clock, createLateError),
    );
    try {
      yield* this.#transcribe(request, AbortSignal.any([either, deadline.signal]));
    } catch (error) {
      either.throwIfAborted();
      if (deadline.signal.aborted) return yield { kind: 'late' };
      const line = toRecordingErrorLine(error, maxSoundMs);
      if (!line) throw error;
      yield { kind: 'failed', line };
    }
  }

  async *#transcribe(
    request: RecordingRequest,
    signal: AbortSignal,
  ): AsyncGenerator<RecordingPart> {
    const { guildId, isTranslated, recording } = request;
    const pcm = await this.#recordings.read(guildId, recording, signal, maxSoundMs);
    yield { kind: 'begun', durationMs: getDurationMs(pcm) };
    const parts = this.#recogniseUtterances(request, pcm, signal);
    const segments = isTranslated
      ? translateSegments(request, parts, this.#deps, signal)
      : parts;
    yield* addLeads(nameLanguages(segments, request, this.#deps.textLanguage));
  }

  /** Recognises utterances, of which one at most exceeds a budget. */
  async *#recogniseUtterances(
    request: RecordingRequest,
    pcm: Pcm,
    signal: AbortSignal,
  ): AsyncGenerator<RecordingPart> {
    const { spending, transcriber } = this.#deps;
    const { asker, guildId, hasWordTimes, hints, isTranslated, language, model } =
      request;
    const expected = language && ({ kind: 'set', language } as const);
    const options = { language: expected, hints, model, hasWordTimes, isTranslated };
    for await (const utterance of splitIntoUtterances(pcm, this.#weights, signal)) {
      const listening = spending.openRecordingBudget(guildId, asker.id);
      if ('line' in listening) return yield { kind: 'failed', line: listening.line };
      const recogniser = withTranscriptionOptions(
        transcriber.withReservation(listening.reservation),
        options,
      );
      const segment = await toSegment(utterance, recogniser, signal);
      if (segment.text !== '') yield { kind: 'segment', segment };
    }
  }
}

/** Translates segments of other languages once all are recognised. */
async function* translateSegments(
  request: RecordingRequest,
  parts: AsyncIterable<RecordingPart>,
  deps: CompletionDeps,
  signal: AbortSignal,
): AsyncGenerator<RecordingPart> {
  const segments: RecordingSegment[] = [];
  for await (const part of parts) {
    if (part.kind !== 'segment') return yield part;
    segments.push(part.segment);
  }
  const foreign = segments.filter(
    ({ language = '', isTranslated }) => !isTranslated && !/^en\b/i.test(language),
  );
  const english = await requestEnglish(request, foreign, deps, signal);
  if ('kind' in english) return yield english;
  for (const segment of segments) {
    const text = english.get(segment);
    yield {
      kind: 'segment',
      segment: text === undefined ? segment : toEnglishSegment(segment, text),
    };
  }
}

async function requestEnglish(
  { guildId, asker }: RecordingRequest,
  segments: readonly RecordingSegment[],
  deps: CompletionDeps,
  signal: AbortSignal,
): Promise<ReadonlyMap<RecordingSegment, string> | RecordingPart> {
  const budgetRequest = {
    kind: 'translation of a recording',
    guildId,
    personId: asker.id,
  } as const;
  const english = new Map<RecordingSegment, string>();
  const listMissing = () => segments.filter((segment) => !english.has(segment));
  for (let n = 0; n < maxTries; n++) {
    for (const batch of splitTranslationBatches(listMissing())) {
      const prompt = createTranslationPrompt(batch, 'English');
      const reply = await completeForMoney(budgetRequest, prompt, deps, signal);
      if (typeof reply !== 'string') return { kind: 'failed', line: reply.line };
      for (const [segment, text] of parseTranslations(reply, batch))
        english.set(segment, text);
    }
  }
  return listMissing().length > 0 ? { kind: 'untranslated' } : english;
}

/** Names the language of segments whose recogniser has not: the one that was set, else one that the text shows for sure. */
async function* nameLanguages(
  parts: AsyncIterable<RecordingPart>,
  { isTranslated, language: setLanguage }: RecordingRequest,
  detector: TextLanguageDetector,
): AsyncGenerator<RecordingPart> {
  for await (const part of parts) {
    if (part.kind !== 'segment') return yield part;
    const { segment } = part;
    const toldLanguage = isTranslated ? 'en' : (segment.language ?? setLanguage);
    const language = toldLanguage ?? (await findSureLanguage(segment.text, detector));
    yield { kind: 'segment', segment: { ...segment, ...(language && { language }) } };
  }
}

async function findSureLanguage(text: string, detector: TextLanguageDetector) {
  const detected = await detector.detect(text, []);
  const isNamed = detected && isSure(detected) && isLongEnough(text, detected);
  return isNamed ? detected.language : undefined;
}

function createLateError() {
  return new BotError(
    'provider.late',
    true,
    'The recogniser did not finish a recording in time.',
  );
}

async function toSegment(
  { fromMs, toMs, pcm }: RecordingUtterance,
  transcriber: Transcriber,
  signal: AbortSignal,
): Promise<RecordingSegment> {
  const { isTranslated, language, text, words } = await transcribeSound(
    pcm,
    transcriber,
    signal,
  );
  return {
    startMs: fromMs,
    endMs: toMs,
    text: text.trim(),
    lead: '',
    language,
    words: words && shiftWords(words, fromMs),
    isTranslated,
  };
}

async function* addLeads(
  parts: AsyncIterable<RecordingPart>,
): AsyncGenerator<RecordingPart> {
  let lastText = '';
  for await (const part of parts) {
    if (part.kind !== 'segment') return yield part;
    const { segment } = part;
    const isSpaced =
      lastText !== '' &&
      /\s/.test(joinTexts([lastText.slice(-1), segment.text]).charAt(1));
    yield { kind: 'segment', segment: { ...segment, lead: isSpaced ? ' ' : '' } };
    lastText = segment.text;
  }
}

/** Replaces a segment by its translation, without word times. */
function toEnglishSegment(
  { words: _, ...segment }: RecordingSegment,
  text: string,
): RecordingSegment {
  return { ...segment, text, language: 'en' };
}

type RecordingUtterance = SpeechSpan & { readonly pcm: Pcm };

/** Samples between two pauses for frames: 8 windows of voice activity. */
const stepSamples = 8 * 512;

/** Finds speech at 16 kHz mono, in parts of 30 s at most. */
async function* splitIntoUtterances(
  pcm: Pcm,
  weights: SileroNetwork,
  signal: AbortSignal,
): AsyncGenerator<RecordingUtterance> {
  const meter = new VoiceWindowMeter(weights);
  const cuts = new RecordingCutter();
  for (let at = 0; at < pcm.samples.length; at += stepSamples) {
    const samples = pcm.samples.subarray(at, at + stepSamples);
    const toMs = ((at + samples.length) / listenRateHz) * 1_000;
    for (const { probability } of meter.push(samples, toMs)) {
      const span = cuts.addWindow(probability);
      if (span) yield { ...span, pcm: sliceSpan(pcm, span) };
    }
    // Frames of sound leave between two steps.
    await setImmediate();
    signal.throwIfAborted();
  }
  const last = cuts.endSpan();
  if (last) yield { ...last, pcm: sliceSpan(pcm, last) };
}

function sliceSpan(pcm: Pcm, { fromMs, toMs }: SpeechSpan): Pcm {
  const [from, to] = [toSampleIndex(fromMs), toSampleIndex(toMs)];
  return { ...pcm, samples: pcm.samples.subarray(from, to) };
}

function toSampleIndex(ms: number) {
  return Math.round((ms / 1_000) * listenRateHz);
}
