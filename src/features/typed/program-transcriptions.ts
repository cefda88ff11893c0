import { setImmediate } from 'node:timers/promises';
import { durationMs, listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { RecordingCuts, type SpeechSpan } from '#src/audio/voice/recording-cuts.ts';
import type { SileroWeights } from '#src/audio/voice/silero.ts';
import { VoiceActivity, VoiceMeter } from '#src/audio/voice/voice-meter.ts';
import { BotError } from '#src/base/errors.ts';
import type { Public } from '#src/base/public.ts';
import { deadlineSignal } from '#src/base/waiting.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type {
  RecordingPart,
  RecordingRequest,
  RecordingSegment,
} from '#src/features/contract/http-api-ports.ts';
import { WrittenAnswerConcurrency } from '#src/features/contract/written-answer-concurrency.ts';
import { recordingErrorText } from '#src/features/tracks/sound-source-error-texts.ts';
import {
  readTranslations,
  translationBatches,
  translationPrompt,
} from '#src/pipeline/translation-prompt.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import { asking } from '#src/speech/hints.ts';
import { joinTexts } from '#src/speech/join-texts.ts';
import { shiftWords } from '#src/speech/listen.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import { paidCompletion } from '#src/spending/paid-completion.ts';
import { transcribed } from './question-utterances.ts';

/** Recordings that are put into words at once, for one program and in one server; what comes above it is refused. */
const limits = { program: 1, server: 2 } as const;
/** Longest recording, in ms: 19 MB of samples. */
const longestSoundMs = 600_000;
/** Requests to the chat model that a segment is part of. */
const mostTries = 2;

/**
 * Transcription of recordings of programs, utterance by utterance, within the budgets of their server and token. Nothing of
 * them is kept, and nothing of a channel goes in.
 */
export class ProgramTranscriptions {
  readonly #parts;
  readonly #recordings;
  readonly #models;
  readonly #weights;
  readonly #signal;
  readonly #limits = new WrittenAnswerConcurrency(limits.program, limits.server);

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
    this.#models = models;
    this.#weights = weights;
    this.#signal = signal;
  }

  /** Models that may be asked for, the default first; empty: there is no choice. */
  models(): readonly string[] {
    return this.#models;
  }

  /**
   * Recognises a recording, if the budget and the limits of concurrent recordings allow it.
   *
   * Reading throws what a recogniser throws. Aborting `signal` throws its reason.
   */
  async *transcribe(request: RecordingRequest, signal: AbortSignal): AsyncGenerator<RecordingPart> {
    const place = this.#limits.enter(request.guildId, request.asker.id);
    if (typeof place === 'string') {
      const of = place === 'person' ? 'program' : place;
      return yield { kind: 'busy', of, limit: limits[of] };
    }
    using stack = new DisposableStack();
    const given = AbortSignal.any([signal, this.#signal]);
    stack.use(place);
    given.addEventListener('abort', () => place[Symbol.dispose](), { once: true });
    const deadline = stack.use(deadlineSignal(request.longestMs, this.#parts.clock, late));
    const until = AbortSignal.any([given, deadline.signal]);
    try {
      const pcm = await this.#recordings.read(
        request.guildId,
        request.recording,
        until,
        longestSoundMs,
      );
      yield { kind: 'begun', durationMs: durationMs(pcm) };
      const spoken = this.#spoken(request, pcm, until);
      yield* withLeads(request.isTranslated ? this.#translated(request, spoken, until) : spoken);
    } catch (error) {
      given.throwIfAborted();
      if (deadline.signal.aborted) return yield { kind: 'late' };
      const line = recordingErrorText(error, longestSoundMs);
      if (!line) throw error;
      yield { kind: 'failed', line };
    }
  }

  /** Money is asked for before each utterance: a budget is passed by one of them at most. */
  async *#spoken(
    request: RecordingRequest,
    pcm: Pcm,
    signal: AbortSignal,
  ): AsyncGenerator<RecordingPart> {
    for await (const utterance of utterancesIn(pcm, this.#weights, signal)) {
      const listening = this.#listen(request);
      if ('line' in listening) {
        yield { kind: 'failed', line: listening.line };
        return;
      }
      const segment = await segmentOf(utterance, listening.transcriber, signal);
      if (segment.text !== '') yield { kind: 'segment', segment };
    }
  }

  /** A recogniser for one utterance, or why there is no money for it. */
  #listen({
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
    return { transcriber: asking(paid, asked) };
  }

  /** The chat model translates the rest, once all is heard. */
  async *#translated(
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
    const english = await this.#english(request, foreign, signal);
    if ('kind' in english) return yield english;
    for (const segment of segments) {
      const text = english.get(segment);
      yield { kind: 'segment', segment: text === undefined ? segment : inEnglish(segment, text) };
    }
  }

  /** The texts of all of these in English, or why they are not. */
  async #english(
    { guildId, asker }: RecordingRequest,
    segments: readonly RecordingSegment[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<RecordingSegment, string> | RecordingPart> {
    const order = { kind: 'translation of a recording', guildId, personId: asker.id } as const;
    const english = new Map<RecordingSegment, string>();
    const missing = () => segments.filter((segment) => !english.has(segment));
    for (let n = 0; n < mostTries; n++) {
      for (const batch of translationBatches(missing())) {
        const prompt = translationPrompt(batch, 'English');
        const reply = await paidCompletion(order, prompt, this.#parts, signal);
        if (typeof reply !== 'string') return { kind: 'failed', line: reply.line };
        for (const [segment, text] of readTranslations(reply, batch)) english.set(segment, text);
      }
    }
    return missing().length > 0 ? { kind: 'untranslated' } : english;
  }
}

function late(): BotError {
  return new BotError('provider.late', true, 'The recogniser did not finish a recording in time.');
}

async function segmentOf(
  { fromMs, toMs, pcm }: RecordingUtterance,
  transcriber: Transcriber,
  signal: AbortSignal,
): Promise<RecordingSegment> {
  const transcript = await transcribed(pcm, transcriber, signal);
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

async function* withLeads(parts: AsyncIterable<RecordingPart>): AsyncGenerator<RecordingPart> {
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
function inEnglish({ words: _, ...segment }: RecordingSegment, text: string): RecordingSegment {
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
async function* utterancesIn(
  pcm: Pcm,
  weights: SileroWeights,
  signal: AbortSignal,
): AsyncGenerator<RecordingUtterance> {
  const meter = new VoiceMeter(new VoiceActivity(weights));
  const cuts = new RecordingCuts();
  for (let at = 0; at < pcm.samples.length; at += stepSamples) {
    const samples = pcm.samples.subarray(at, at + stepSamples);
    const toMs = ((at + samples.length) / listenRateHz) * 1_000;
    for (const { probability } of meter.push(samples, toMs)) {
      const span = cuts.next(probability);
      if (span) yield { ...span, pcm: partOf(pcm, span) };
    }
    await setImmediate(); // frames of sound leave
    signal.throwIfAborted();
  }
  const last = cuts.end();
  if (last) yield { ...last, pcm: partOf(pcm, last) };
}

function partOf(pcm: Pcm, { fromMs, toMs }: SpeechSpan): Pcm {
  const [from, to] = [samplesOf(fromMs), samplesOf(toMs)];
  return { ...pcm, samples: pcm.samples.subarray(from, to) };
}

function samplesOf(ms: number): number {
  return Math.round((ms / 1_000) * listenRateHz);
}
