import { setImmediate } from 'node:timers/promises';
import { getDurationMs, listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { RecordingCutter, type SpeechSpan } from '#src/audio/voice/recording-cutter.ts';
import type { SileroNetwork } from '#src/audio/voice/silero-network.ts';
import {
  VoiceActivityDetector,
  VoiceWindowMeter,
} from '#src/audio/voice/voice-activity.ts';
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

const recordingLimits = { program: 1, server: 2 } as const;
/** 19 MB of samples. */
const maxSoundMs = 600_000;
const maxTries = 2;

/** Transcribes recordings by utterance. Nothing is kept or shared with a channel. */
export class ProgramTranscriptions {
  readonly #deps;
  readonly #recordings;
  readonly #listModels;
  readonly #weights;
  readonly #signal;
  readonly #limits = new WrittenAnswerConcurrency(
    recordingLimits.program,
    recordingLimits.server,
  );

  /** The default model is first. An empty list gives no choice. Aborting `signal` ends all transcriptions. */
  constructor(
    deps: SessionDependencies,
    recordings: Public<Recordings>,
    models: readonly string[],
    weights: SileroNetwork,
    signal: AbortSignal,
  ) {
    this.#deps = deps;
    this.#recordings = recordings;
    this.#listModels = models;
    this.#weights = weights;
    this.#signal = signal;
  }

  listModels(): readonly string[] {
    return this.#listModels;
  }

  /** Reading throws errors of the recogniser. */
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
      createDeadlineSignal(request.longestMs, this.#deps.clock, createLateError),
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

  /** Asks for money before each utterance, so that one utterance at most exceeds a budget. */
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

  #recogniseUtterance({
    guildId,
    asker,
    model,
    language,
    hints,
    hasWordTimes,
    isTranslated,
  }: RecordingRequest) {
    const listening = this.#deps.spending.listenToRecording(guildId, asker.id);
    if ('line' in listening) return listening;
    const paid = this.#deps.transcriber.paidBy(listening.reservation);
    const asked = { language, hints, model, hasWordTimes, isTranslated };
    return { transcriber: withTranscriptionOptions(paid, asked) };
  }

  /** Translates the other segments once all are recognised. */
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

  async #translateSegment(
    { guildId, asker }: RecordingRequest,
    segments: readonly RecordingSegment[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<RecordingSegment, string> | RecordingPart> {
    const order = {
      kind: 'translation of a recording',
      guildId,
      personId: asker.id,
    } as const;
    const english = new Map<RecordingSegment, string>();
    const missing = () => segments.filter((segment) => !english.has(segment));
    for (let n = 0; n < maxTries; n++) {
      for (const batch of splitTranslationBatches(missing())) {
        const prompt = createTranslationPrompt(batch, 'English');
        const reply = await completeForMoney(order, prompt, this.#deps, signal);
        if (typeof reply !== 'string') return { kind: 'failed', line: reply.line };
        for (const [segment, text] of parseTranslations(reply, batch))
          english.set(segment, text);
      }
    }
    return missing().length > 0 ? { kind: 'untranslated' } : english;
  }
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

async function* addLeads(
  parts: AsyncIterable<RecordingPart>,
): AsyncGenerator<RecordingPart> {
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

/** Word times belong to the spoken words, so a translation has none. */
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
  const meter = new VoiceWindowMeter(new VoiceActivityDetector(weights));
  const cuts = new RecordingCutter();
  for (let at = 0; at < pcm.samples.length; at += stepSamples) {
    const samples = pcm.samples.subarray(at, at + stepSamples);
    const toMs = ((at + samples.length) / listenRateHz) * 1_000;
    for (const { probability } of meter.push(samples, toMs)) {
      const span = cuts.next(probability);
      if (span) yield { ...span, pcm: slicePart(pcm, span) };
    }
    // Frames of sound leave between two steps.
    await setImmediate();
    signal.throwIfAborted();
  }
  const last = cuts.end();
  if (last) yield { ...last, pcm: slicePart(pcm, last) };
}

function slicePart(pcm: Pcm, { fromMs, toMs }: SpeechSpan): Pcm {
  const [from, to] = [sliceSamples(fromMs), sliceSamples(toMs)];
  return { ...pcm, samples: pcm.samples.subarray(from, to) };
}

function sliceSamples(ms: number) {
  return Math.round((ms / 1_000) * listenRateHz);
}
