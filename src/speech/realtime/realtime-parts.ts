import { listenRateHz } from '#src/audio/pcm.ts';
import type { BotError } from '#src/base/errors.ts';
import type { ServedBy } from '#src/provider/models/served-by.ts';
import { sumOf } from '#src/speech/fallbacks/request-counter.ts';
import { joinTexts } from '#src/speech/join-texts.ts';
import type { WordDetails } from '#src/speech/openai/word-details.ts';
import type { OnPartial, ServerUsage, Transcript } from '#src/speech/ports.ts';
import { shiftWords } from '#src/speech/word-times.ts';
import type { HeardEvent } from './realtime-events.ts';

/** The stretch of an utterance up to a pause; becomes one item of the server. */
class TranscriptPart {
  readonly fromSample: number;
  readonly eventId: string;
  toSample = Number.POSITIVE_INFINITY;
  state: 'open' | 'waiting' | 'sent' | 'done' = 'open';
  itemId: string | undefined;
  /** The server said so when it took the stretch in; before, words may have come under another id. */
  isNamed = false;
  text = '';
  language: string | undefined;
  count: ServerUsage | undefined;
  details: WordDetails = {};
  readonly end = ending();

  constructor(fromSample: number, number: number) {
    this.fromSample = fromSample;
    this.eventId = `part-${number}`;
  }

  finish(text: string, language?: string, count?: ServerUsage, details: WordDetails = {}): void {
    [this.text, this.language, this.state] = [text, language, 'done'];
    this.count = count;
    this.details = details;
    this.end.resolve();
  }
}

/** Assigns words to the parts of an utterance, in any order of the server's events. */
export class TranscriptParts {
  readonly #onPartial: OnPartial;
  readonly #parts: TranscriptPart[] = [];
  #open = new TranscriptPart(0, 1);
  #reported = '';
  /** Number of parts whose count went out with a transcript. */
  #counted = 0;
  #error: BotError | undefined;

  constructor(onPartial: OnPartial) {
    this.#onPartial = onPartial;
  }

  /** Start of the stretch that no pause has ended yet. */
  get openFrom(): number {
    return this.#open.fromSample;
  }

  /** A pause: ends the open stretch. */
  cut(atSample: number): void {
    Object.assign(this.#open, { toSample: atSample, state: 'waiting' });
    this.#parts.push(this.#open);
    this.#open = new TranscriptPart(atSample, this.#parts.length + 1);
  }

  /** Parts to be sent and committed, in order. */
  waiting(): TranscriptPart[] {
    return this.#parts.filter(({ state }) => state === 'waiting');
  }

  /** Resolves when all sound up to the last pause is transcribed. Errors: the one it failed with. */
  async done(): Promise<void> {
    if (this.#error) throw this.#error;
    await Promise.all(this.#parts.map(({ end }) => end.promise));
  }

  /** Transcript with the usage since the last one, if the server reported all of it. */
  transcript(asked: string | undefined, by: ServedBy): Transcript {
    const language = this.#parts.findLast((part) => part.language)?.language ?? asked;
    const text = joinTexts(this.#parts.map((part) => part.text));
    const [first, ...more] = this.#parts.slice(this.#counted).map((part) => part.count);
    this.#counted = this.#parts.length;
    const count = more.reduce(sumOf, first);
    const details = joinDetails(this.#parts);
    const usage = { by, count };
    return { text, ...(language && { language }), ...details, usage };
  }

  fail(error: BotError): void {
    this.#error = error;
    for (const { end } of this.#parts) end.reject(error);
  }

  /** False if a part failed that a caller waits for. */
  hear(event: HeardEvent): boolean {
    switch (event.kind) {
      case 'committed': {
        const part = this.#parts.find(({ state, isNamed }) => state === 'sent' && !isNamed);
        if (part) Object.assign(part, { itemId: event.itemId, isNamed: true });
        return true;
      }
      case 'delta': {
        const part = this.#partOf(event.itemId) ?? this.#open;
        if (part.state === 'done') return true;
        part.itemId ??= event.itemId;
        part.text += event.text;
        this.#notify();
        return true;
      }
      case 'completed':
        this.#partOf(event.itemId)?.finish(event.text, event.language, event.count, event.details);
        return true;
      case 'failed':
        return this.#forgives(event);
    }
  }

  #partOf(itemId: string | undefined): TranscriptPart | undefined {
    const known = [...this.#parts, this.#open].find((part) => part.itemId === itemId);
    if (known && itemId !== undefined) return known;
    return this.#parts.find((part) => part.state === 'sent' && !part.isNamed);
  }

  /** Forgives errors about silence, and about parts no caller waits for. */
  #forgives({ itemId, eventId, code }: Extract<HeardEvent, { kind: 'failed' }>): boolean {
    const sent = this.#parts.filter(({ state }) => state === 'sent');
    const meant = sent.find((part) => part.eventId === eventId || part.itemId === itemId);
    if (meant && code === 'input_audio_buffer_commit_empty') {
      meant.finish('');
      return true;
    }
    return sent.length === 0 || (itemId !== undefined && !meant);
  }

  #notify(): void {
    const text = joinTexts([...this.#parts, this.#open].map((part) => part.text));
    if (text === this.#reported || text === '') return;
    this.#reported = text;
    this.#onPartial(text);
  }
}

/** Words of all parts from the beginning of the utterance; only where each part that holds a text has them. */
function joinDetails(all: readonly TranscriptPart[]): WordDetails {
  const parts = all.filter(({ text }) => text !== '');
  const words = parts.flatMap(({ details, fromSample }) => {
    const fromMs = Math.round((fromSample / listenRateHz) * 1_000);
    return shiftWords(details.words ?? [], fromMs);
  });
  const isTimed = words.length > 0 && parts.every(({ details }) => details.words);
  const letters = parts.reduce((sum, { text }) => sum + text.length, 0);
  const sure = parts.reduce(
    (sum, { details, text }) => sum + (details.confidence ?? Number.NaN) * text.length,
    0,
  );
  const confidence = sure / letters;
  return {
    ...(isTimed && { words }),
    ...(Number.isFinite(confidence) && { confidence }),
  };
}

/** A promise that gives its waiter the error; unwaited for, it ends nothing. */
function ending(): PromiseWithResolvers<void> {
  const end = Promise.withResolvers<void>();
  end.promise.catch(() => {});
  return end;
}
