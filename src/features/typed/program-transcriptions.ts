import { setImmediate } from 'node:timers/promises';
import { getDurationMs, listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { RecordingCutter, type SpeechSpan } from '#src/audio/voice/recording-cutter.ts';
import type { SileroWeights } from '#src/audio/voice/silero-network.ts';
import { VoiceActivityDetector, VoiceWindowMeter } from '#src/audio/voice/voice-activity.ts';
import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { Public } from '#src/base/public.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
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
import { completeForMoney } from '#src/spending/paid-completion.ts';
import { transcribeSound } from './question-utterances.ts';

/** Recordings that are put into words at once, for one program and in one server; what comes above it is refused. */
const recordingLimits = { program: 1, server: 2 } as const;
/** Longest recording, in ms: 19 MB of samples. */
const maxSoundMs = 600_000;
/** Requests to the chat model that a segment is part of. */
const maxTries = 2;

/**
 * Transcription of recordings of programs, utterance by utterance, within the budgets of their server and token. Nothing of
 * them is kept, and nothing of a channel goes in.
 */
export class ProgramTranscriptions {
  readonly #parts;
  readonly #recordings;
  readonly #listModels;
  readonly #weights;
  readonly #signal;
  readonly #limits = new WrittenAnswerConcurrency(recordingLimits.program, recordingLimits.server);

  /**
   * `models`: models that may be chosen to recognise a recording, the usual one first; none: there is no choice. Aborting
   * `signal` ends all transcriptions.
   */
  constructor(
    parts: SessionDependencies,
    recordings: Public<Recordings>,
    models: readonly string[],
    weights: SileroWeights,
    signal: AbortSignal,
  ) {
    this.#parts = parts;
    this.#recordings = recordings;
    this.#listModels = models;
    this.#weights = weights;
    this.#signal = signal;
  }

  /** Models that may be asked for, the default first; empty: there is no choice. */
  listModels(): readonly string[] {
    return this.#listModels;
  }

  /**
   * Recognises a recording, if the budget and the limits of concurrent recordings allow it.
   *
   * Reading throws what a recogniser throws. Aborting `signal` throws its reason.
   */
  async *transcribeRecording(
    request: RecordingRequest,
    signal: AbortSignal,
  ): AsyncGenerator<RecordingPart> {
    const place = this.#limits.enter(request.guildId, request.asker.id);
    if (typeof place === 'string') {
      const of = place === 'person' ? 'program' : place;
      return yield { kind: 'busy', of, limit: recordingLimits[of] };
    }
    using stack = new DisposableStack();
    const given = AbortSignal.any([signal, this.#signal]);
    stack.use(place);
    given.addEventListener('abort', () => place[Symbol.dispose](), { once: true });
    const deadline = stack.use(
      createDeadlineSignal(request.longestMs, this.#parts.clock, createLateError),
    );
    const until = AbortSignal.any([given, deadline.signal]);
    try {
      const pcm = await this.#recordings.read(
        request.guildId,
        request.recording,
        until,
        maxSoundMs,
      );
      yield { kind: 'begun', durationMs: getDurationMs(pcm) };
      const spoken = this.#recogniseUtterances(request, pcm, until);
      yield* addLeads(
        request.isTranslated ? this.#translateSegments(request, spoken, until) : spoken,
      );
    } catch (error) {
      given.throwIfAborted();
      if (deadline.signal.aborted) return yield { kind: 'late' };
      const line = toRecordingErrorLine(error, maxSoundMs);
      if (!line) throw error;
      yield { kind: 'failed', line };
    }
  }

  /** Money is asked for before each utterance: a budget is passed by one of them at most. */
  async *#recogniseUtterances(
    request: RecordingRequest,
    pcm: Pcm,
    signal: AbortSignal,
  ): AsyncGenerator<RecordingPart> {
    for await (const utterance of splitIntoUtterances(pcm, this.#weights, signal)) {
      const listening = this.#recogniseUtterance(request);
      if ('line' in listening) {
        yield { kind: 'failed', line: listening.line };
        return;
      }
      const segment = await toSegment(utterance, listening.transcriber, signal);
      if (segment.text !== '') yield { kind: 'segment', segment };
    }
  }

  /** A recogniser for one utterance, or why there is no money for it. */
  #recogniseUtterance({
    guildId,
    asker,
    model,
    language,
    hints,
    hasWordTimes,
    isTranslated,
  }: RecordingRequest) {
    const listening = this.#parts.spending.listenToRecording(guildId, asker.id);
    if ('line' in listening) return listening;
    const paid = this.#parts.transcriber.paidBy(listening.reservation);
    const asked = { language, hints, model, hasWordTimes, isTranslated };
    return { transcriber: withTranscriptionOptions(paid, asked) };
  }

  /** The chat model translates the rest, once all is heard. */
  async *#translateSegments(
    request: RecordingRequest,
    parts: AsyncIterable<RecordingPart>,
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
    const english = await this.#translateSegment(request, foreign, signal);
    if ('kind' in english) return yield english;
    for (const segment of segments) {
      const text = english.get(segment);
      yield {
        kind: 'segment',
        segment: text === undefined ? segment : toEnglishSegment(segment, text),
      };
    }
  }

  /** The texts of all of these in English, or why they are not. */
  async #translateSegment(
    { guildId, asker }: RecordingRequest,
    segments: readonly RecordingSegment[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<RecordingSegment, string> | RecordingPart> {
    const order = { kind: 'translation of a recording', guildId, personId: asker.id } as const;
    const english = new Map<RecordingSegment, string>();
    const missing = () => segments.filter((segment) => !english.has(segment));
    for (let n = 0; n < maxTries; n++) {
      for (const batch of splitTranslationBatches(missing())) {
        const prompt = createTranslationPrompt(batch, 'English');
        const reply = await completeForMoney(order, prompt, this.#parts, signal);
        if (typeof reply !== 'string') return { kind: 'failed', line: reply.line };
        for (const [segment, text] of parseTranslations(reply, batch)) english.set(segment, text);
      }
    }
    return missing().length > 0 ? { kind: 'untranslated' } : english;
  }
}

function createLateError(): BotError {
  return new BotError('provider.late', true, 'The recogniser did not finish a recording in time.');
}

async function toSegment(
  { fromMs, toMs, pcm }: RecordingUtterance,
  transcriber: Transcriber,
  signal: AbortSignal,
): Promise<RecordingSegment> {
  const transcript = await transcribeSound(pcm, transcriber, signal);
  const { isTranslated, language, text, words } = transcript;
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

async function* addLeads(parts: AsyncIterable<RecordingPart>): AsyncGenerator<RecordingPart> {
  let before = '';
  for await (const part of parts) {
    if (part.kind !== 'segment') return yield part;
    const { segment } = part;
    const isSpaced =
      before !== '' && /\s/.test(joinTexts([before.slice(-1), segment.text]).charAt(1));
    yield { kind: 'segment', segment: { ...segment, lead: isSpaced ? ' ' : '' } };
    before = segment.text;
  }
}

/** Its words are as they were said, so a translation has none. */
function toEnglishSegment(
  { words: _, ...segment }: RecordingSegment,
  text: string,
): RecordingSegment {
  return { ...segment, text, language: 'en' };
}

/** Part of a recording that holds speech, with its sound. */
type RecordingUtterance = SpeechSpan & { readonly pcm: Pcm };

/** Samples that are examined between two frames of sound: 8 windows of voice activity. */
const stepSamples = 8 * 512;

/**
 * Speech of a recording at 16 kHz mono, in parts of at most 30 s, found as it is asked for; what holds no voice is left out.
 * Aborting `signal` throws `signal.reason`.
 */
async function* splitIntoUtterances(
  pcm: Pcm,
  weights: SileroWeights,
  signal: AbortSignal,
): AsyncGenerator<RecordingUtterance> {
  const meter = new VoiceWindowMeter(new VoiceActivityDetector(weights));
  const cuts = new RecordingCutter();
  for (let at = 0; at < pcm.samples.length; at += stepSamples) {
    const samples = pcm.samples.subarray(at, at + stepSamples);
    const toMs = ((at + samples.length) / listenRateHz) * 1_000;
    for (const { probability } of meter.push(samples, toMs)) {
      const span = cuts.next(probability);
      if (span) yield { ...span, pcm: slicePart(pcm, span) };
    }
    await setImmediate(); // frames of sound leave
    signal.throwIfAborted();
  }
  const last = cuts.end();
  if (last) yield { ...last, pcm: slicePart(pcm, last) };
}

function slicePart(pcm: Pcm, { fromMs, toMs }: SpeechSpan): Pcm {
  const [from, to] = [sliceSamples(fromMs), sliceSamples(toMs)];
  return { ...pcm, samples: pcm.samples.subarray(from, to) };
}

function sliceSamples(ms: number): number {
  return Math.round((ms / 1_000) * listenRateHz);
}
