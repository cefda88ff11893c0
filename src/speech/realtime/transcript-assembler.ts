import type { BotError } from '#src/base/errors.ts';
import { toNonEmptyText } from '#src/base/json.ts';
import { findLanguageTag } from '#src/base/language-name.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import type { ServedBy } from '#src/provider/models/standard-models.ts';
import { readTranscriptionStage } from '#src/provider/realtime/realtime-events.ts';
import {
  isErrorEvent,
  type RealtimeFault,
  readErrorEvent,
} from '#src/provider/realtime/realtime-faults.ts';
import type { RealtimeSessionSettings } from '#src/provider/realtime/realtime-session.ts';
import { addServerUsage, toHeardUsage } from '#src/speech/fallbacks/speech-chains.ts';
import { createLanguageHint, createRealtimeHints } from '#src/speech/hints.ts';
import { joinTexts } from '#src/speech/join-texts.ts';
import { parseTags } from '#src/speech/openai/transcript-reply.ts';
import type { OnPartial, ServerUsage, Transcript } from '#src/speech/speech-engine.ts';

type ItemTranscript = {
  readonly text: string;
  readonly language?: string;
  readonly count?: ServerUsage;
};

/** The error is about an item, about the event `eventId`, or about neither. */
type ItemFailure = RealtimeFault & {
  readonly itemId: string | undefined;
};

/** Reads an event that reports a failure. Undefined for any other event. */
export function findFailure(event: JsonEvent): ItemFailure | undefined {
  const isFailure =
    isErrorEvent(event) || readTranscriptionStage(event.type) === 'failure';
  if (!isFailure) return undefined;
  return { itemId: toNonEmptyText(event.item_id), ...readErrorEvent(event) };
}

/** Creates the settings of a session that only transcribes, on demand. `hints` are for a change. */
export function createRecogniserSettings(
  model: string,
  language: string | undefined,
  hints?: readonly string[],
): RealtimeSessionSettings {
  const hintFields = hints && createRealtimeHints(model, hints);
  const transcription = {
    model,
    ...createLanguageHint(model, language),
    ...hintFields,
  };
  return { kind: 'transcription', isOpening: true, transcription };
}

function toItemTranscript(event: JsonEvent): ItemTranscript {
  const { languages, text, transcript, usage } = event;
  const untagged = parseTags(toNonEmptyText(transcript ?? text) ?? '');
  const [firstLanguage] = Array.isArray(languages) ? languages : [];
  const language =
    toNonEmptyText(firstLanguage?.code) ??
    (untagged.language && findLanguageTag(untagged.language));
  return { text: untagged.text, language, count: toHeardUsage(usage) };
}

/** Sound of an utterance up to a pause, which becomes one item of the server. */
class UtteranceSegment {
  readonly fromSample: number;
  readonly eventId: string;
  toSample: number = Infinity;
  state: 'open' | 'waiting' | 'sent' | 'completed' = 'open';
  itemId: string | undefined;
  /** The server named the item when it took the sound. Words may have come under another id before. */
  isNamed: boolean = false;
  /** Words so far, all of them once the segment is completed. */
  transcript: ItemTranscript = { text: '' };
  /** An error that nobody waits for ends nothing. */
  readonly end: PromiseWithResolvers<void> = Promise.withResolvers<void>();

  constructor(fromSample: number, number: number) {
    this.fromSample = fromSample;
    this.eventId = `part-${number}`;
    this.end.promise.catch(() => {});
  }

  /** Completes the segment with its final words. */
  completeSegment(transcript: ItemTranscript): void {
    this.transcript = transcript;
    this.state = 'completed';
    this.end.resolve();
  }
}

/** Assigns words to the segments of an utterance, in any order of the server's events. */
export class TranscriptAssembler {
  readonly #onPartial: OnPartial;
  readonly #segments: UtteranceSegment[] = [];
  #openSegment = new UtteranceSegment(0, 1);
  #lastPartial = '';
  /** The usage of so many segments went out with a transcript. */
  #countedSegments = 0;
  #failure: BotError | undefined;

  /** `onPartial` gets all words so far, whenever they change. */
  constructor(onPartial: OnPartial) {
    this.#onPartial = onPartial;
  }

  /** Sample at which the sound after the last pause begins. */
  get openStart(): number {
    return this.#openSegment.fromSample;
  }

  /** Ends the open segment at a pause. Its state is then `waiting`. */
  endSegment(atSample: number): void {
    Object.assign(this.#openSegment, { toSample: atSample, state: 'waiting' });
    this.#segments.push(this.#openSegment);
    this.#openSegment = new UtteranceSegment(atSample, this.#segments.length + 1);
  }

  /** Lists the segments that the server has not got yet. The sender sets the state to `sent`. */
  listWaiting(): UtteranceSegment[] {
    return this.#segments.filter(({ state }) => state === 'waiting');
  }

  /** Resolves when all sound up to the last pause is transcribed. Throws the error of `fail`. */
  async waitUntilDone(): Promise<void> {
    if (this.#failure) throw this.#failure;
    await Promise.all(this.#segments.map(({ end }) => end.promise));
  }

  /**
   * Returns the words of all ended segments. Without a language of the server, `language` is taken. The usage is that
   * since the last transcript, if known.
   */
  getTranscript(language: string | undefined, by: ServedBy): Transcript {
    const transcripts = this.#segments.map(({ transcript }) => transcript);
    const reported = transcripts.findLast((transcript) => transcript.language);
    const [firstCount, ...laterCounts] = transcripts
      .slice(this.#countedSegments)
      .map(({ count }) => count);
    this.#countedSegments = this.#segments.length;
    const count = laterCounts.reduce(addServerUsage, firstCount);
    return {
      text: joinTexts(transcripts.map(({ text }) => text)),
      language: reported?.language ?? language,
      usage: { by, count },
    };
  }

  /** Ends all segments, now and later, with an error. */
  failSegments(error: BotError): void {
    this.#failure = error;
    for (const { end } of this.#segments) end.reject(error);
  }

  /** Whether the words of a segment are awaited. */
  get isAwaiting(): boolean {
    return this.#segments.some(({ state }) => state === 'sent');
  }

  /** Takes words and names of items from an event of the server. Any other event changes nothing. */
  handleEvent(event: JsonEvent): void {
    const itemId = toNonEmptyText(event.item_id);
    if (event.type === 'input_audio_buffer.committed') {
      const segment = this.#findUnnamedSegment();
      if (segment) Object.assign(segment, { itemId, isNamed: true });
      return;
    }
    const stage = readTranscriptionStage(event.type);
    if (stage === 'piece') this.#addPiece(itemId, event);
    if (stage === 'end')
      this.#findSegment(itemId)?.completeSegment(toItemTranscript(event));
  }

  /** Returns whether an error is about silence, or a segment nobody waits for. */
  canForgive({ itemId, eventId, code }: ItemFailure): boolean {
    const sentSegments = this.#segments.filter(({ state }) => state === 'sent');
    const failedSegment = sentSegments.find(
      (segment) => segment.eventId === eventId || segment.itemId === itemId,
    );
    if (failedSegment && code === 'input_audio_buffer_commit_empty') {
      failedSegment.completeSegment({ text: '' });
      return true;
    }
    return sentSegments.length === 0 || (itemId !== undefined && !failedSegment);
  }

  /** A delta continues the words so far, and whole words replace them, with their draft of the rest. */
  #addPiece(itemId: string | undefined, { delta, stash, text, transcript }: JsonEvent) {
    const segment = this.#findSegment(itemId) ?? this.#openSegment;
    if (segment.state === 'completed') return;
    segment.itemId ??= itemId;
    const { transcript: former } = segment;
    const wholeText = toNonEmptyText(transcript ?? text) ?? '';
    const words =
      typeof delta === 'string'
        ? former.text + delta
        : wholeText + (toNonEmptyText(stash) ?? '');
    segment.transcript = { ...former, text: words };
    this.#reportPartial();
  }

  #findSegment(itemId: string | undefined) {
    const segment = [...this.#segments, this.#openSegment].find(
      (candidate) => candidate.itemId === itemId,
    );
    return segment && itemId !== undefined ? segment : this.#findUnnamedSegment();
  }

  #findUnnamedSegment() {
    return this.#segments.find(({ state, isNamed }) => state === 'sent' && !isNamed);
  }

  #reportPartial() {
    const texts = [...this.#segments, this.#openSegment].map(
      ({ transcript }) => transcript.text,
    );
    const { text } = parseTags(joinTexts(texts), true);
    if (text === this.#lastPartial || text === '') return;
    this.#lastPartial = text;
    this.#onPartial(text);
  }
}
