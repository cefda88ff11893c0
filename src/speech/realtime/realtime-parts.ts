import type { BotError } from '#src/base/errors.ts';
import { textIn } from '#src/base/json.ts';
import { languageTagOf } from '#src/base/language-name.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import type { ServedBy } from '#src/provider/models/models.ts';
import { errorIn } from '#src/provider/realtime-pool.ts';
import { heardCount, sumOf } from '#src/speech/fallbacks/metered-voice.ts';
import { languageHint, realtimeHints } from '#src/speech/hints.ts';
import { joinTexts } from '#src/speech/join-texts.ts';
import type { OnPartial, ServerUsage, Transcript } from '#src/speech/ports.ts';
import { readTags } from '#src/speech/recogniser-tags.ts';

const transcription = 'conversation.item.input_audio_transcription';

type ItemTranscript = {
  readonly text: string;
  readonly language?: string;
  readonly count?: ServerUsage;
};

/** The error is about an item, about the event `eventId`, or about neither. */
type ItemFailure = ReturnType<typeof errorIn> & { readonly itemId: string | undefined };

export function failureIn(event: JsonEvent): ItemFailure | undefined {
  if (event.type !== 'error' && event.type !== `${transcription}.failed`) return undefined;
  return { itemId: textIn(event.item_id), ...errorIn(event) };
}

/** Settings of a session that only transcribes 24 kHz sound, each time it is told to. `hints` are for a change. */
export function sessionUpdate(
  model: string,
  language: string | undefined,
  hints?: readonly string[],
): JsonEvent {
  const hintFields = hints && realtimeHints(model, hints);
  const transcription = { model, ...languageHint(model, language), ...hintFields };
  const format = { type: 'audio/pcm', rate: 24_000 };
  const input = { format, transcription, turn_detection: null };
  return { type: 'session.update', session: { type: 'transcription', audio: { input } } };
}

function transcriptIn(event: JsonEvent): ItemTranscript {
  const { transcript, languages, usage } = event;
  const { text, language: named } = readTags(textIn(transcript) ?? '');
  const [first] = Array.isArray(languages) ? languages : [];
  const language = textIn(first?.code) ?? (named && languageTagOf(named));
  return { text, language, count: heardCount(usage) };
}

/** Sound of an utterance up to a pause, which becomes one item of the server. */
class TranscriptPart {
  readonly fromSample: number;
  readonly eventId: string;
  toSample = Infinity;
  state: 'open' | 'waiting' | 'sent' | 'done' = 'open';
  itemId: string | undefined;
  /** The server named the item when it took the sound. Words may have come under another id before. */
  isNamed = false;
  heard: ItemTranscript = { text: '' };
  /** An error that nobody waits for ends nothing. */
  readonly end = Promise.withResolvers<void>();

  constructor(fromSample: number, number: number) {
    this.fromSample = fromSample;
    this.eventId = `part-${number}`;
    this.end.promise.catch(() => {});
  }

  finish(heard: ItemTranscript): void {
    this.heard = heard;
    this.state = 'done';
    this.end.resolve();
  }
}

/** Assigns words to the segments of an utterance, in any order of the server's events. */
export class TranscriptParts {
  readonly #onPartial;
  readonly #parts: TranscriptPart[] = [];
  #open = new TranscriptPart(0, 1);
  #reported = '';
  /** These counts went out with a transcript. */
  #counted = 0;
  #error: BotError | undefined;

  constructor(onPartial: OnPartial) {
    this.#onPartial = onPartial;
  }

  /** Start of the segment that no pause has ended. */
  get openFrom(): number {
    return this.#open.fromSample;
  }

  cut(atSample: number): void {
    Object.assign(this.#open, { toSample: atSample, state: 'waiting' });
    this.#parts.push(this.#open);
    this.#open = new TranscriptPart(atSample, this.#parts.length + 1);
  }

  waiting(): TranscriptPart[] {
    return this.#parts.filter(({ state }) => state === 'waiting');
  }

  /** Resolves when all sound up to the last pause is transcribed. */
  async done(): Promise<void> {
    if (this.#error) throw this.#error;
    await Promise.all(this.#parts.map(({ end }) => end.promise));
  }

  /** Holds the usage since the last transcript, if all of it was reported. */
  transcript(asked: string | undefined, by: ServedBy): Transcript {
    const heard = this.#parts.map((part) => part.heard);
    const language = heard.findLast((one) => one.language)?.language ?? asked;
    const text = joinTexts(heard.map((one) => one.text));
    const [first, ...more] = heard.slice(this.#counted).map((one) => one.count);
    this.#counted = this.#parts.length;
    const count = more.reduce(sumOf, first);
    return { text, language, usage: { by, count } };
  }

  fail(error: BotError): void {
    this.#error = error;
    for (const { end } of this.#parts) end.reject(error);
  }

  /** Takes any event that is no failure. */
  hear(event: JsonEvent): void {
    const itemId = textIn(event.item_id);
    switch (event.type) {
      case 'input_audio_buffer.committed': {
        const part = this.#parts.find(({ state, isNamed }) => state === 'sent' && !isNamed);
        if (part) Object.assign(part, { itemId, isNamed: true });
        break;
      }
      case `${transcription}.delta`: {
        const part = this.#partOf(itemId) ?? this.#open;
        if (part.state === 'done') break;
        part.itemId ??= itemId;
        part.heard = { ...part.heard, text: part.heard.text + (textIn(event.delta) ?? '') };
        this.#notify();
        break;
      }
      case `${transcription}.completed`:
        this.#partOf(itemId)?.finish(transcriptIn(event));
    }
  }

  #partOf(itemId: string | undefined): TranscriptPart | undefined {
    const known = [...this.#parts, this.#open].find((part) => part.itemId === itemId);
    if (known && itemId !== undefined) return known;
    return this.#parts.find((part) => part.state === 'sent' && !part.isNamed);
  }

  /** True for errors about silence, and about segments nobody waits for. */
  forgives({ itemId, eventId, code }: ItemFailure): boolean {
    const sent = this.#parts.filter(({ state }) => state === 'sent');
    const meant = sent.find((part) => part.eventId === eventId || part.itemId === itemId);
    if (meant && code === 'input_audio_buffer_commit_empty') {
      meant.finish({ text: '' });
      return true;
    }
    return sent.length === 0 || (itemId !== undefined && !meant);
  }

  #notify(): void {
    const heard = joinTexts([...this.#parts, this.#open].map(({ heard }) => heard.text));
    const { text } = readTags(heard, true);
    if (text === this.#reported || text === '') return;
    this.#reported = text;
    this.#onPartial(text);
  }
}
