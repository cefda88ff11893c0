import type { BotError } from '#src/base/errors.ts';
import { toNonEmptyText } from '#src/base/json.ts';
import { findLanguageTag } from '#src/base/language-name.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import type { ServedBy } from '#src/provider/models/standard-models.ts';
import { type RealtimeFault, readErrorEvent } from '#src/provider/realtime-pool.ts';
import { addServerUsage, toHeardUsage } from '#src/speech/fallbacks/metered-voice.ts';
import { createLanguageHint, createRealtimeHints } from '#src/speech/hints.ts';
import { joinTexts } from '#src/speech/join-texts.ts';
import { parseTags } from '#src/speech/recogniser-tags.ts';
import type { OnPartial, ServerUsage, Transcript } from '#src/speech/speech-engine.ts';

const transcriptionEvent = 'conversation.item.input_audio_transcription';

type ItemTranscript = {
  readonly text: string;
  readonly language?: string;
  readonly count?: ServerUsage;
};

/** The error is about an item, about the event `eventId`, or about neither. */
type ItemFailure = RealtimeFault & {
  readonly itemId: string | undefined;
};

export function findFailure(event: JsonEvent): ItemFailure | undefined {
  if (event.type !== 'error' && event.type !== `${transcriptionEvent}.failed`)
    return undefined;
  return { itemId: toNonEmptyText(event.item_id), ...readErrorEvent(event) };
}

/** Creates the settings of a session that only transcribes 24 kHz sound, on demand. `hints` are for a change. */
export function createSessionUpdate(
  model: string,
  language: string | undefined,
  hints?: readonly string[],
): JsonEvent {
  const hintFields = hints && createRealtimeHints(model, hints);
  const transcription = {
    model,
    ...createLanguageHint(model, language),
    ...hintFields,
  };
  const format = { type: 'audio/pcm', rate: 24_000 };
  const input = { format, transcription, turn_detection: null };
  return {
    type: 'session.update',
    session: { type: 'transcription', audio: { input } },
  };
}

function toItemTranscript(event: JsonEvent) {
  const { transcript, languages, usage } = event;
  const { text, language: named } = parseTags(toNonEmptyText(transcript) ?? '');
  const [first] = Array.isArray(languages) ? languages : [];
  const language = toNonEmptyText(first?.code) ?? (named && findLanguageTag(named));
  return { text, language, count: toHeardUsage(usage) };
}

/** Sound of an utterance up to a pause, which becomes one item of the server. */
class UtteranceSegment {
  readonly fromSample: number;
  readonly eventId: string;
  toSample = Infinity;
  state: 'open' | 'waiting' | 'sent' | 'completed' = 'open';
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

  finish(heard: ItemTranscript) {
    this.heard = heard;
    this.state = 'completed';
    this.end.resolve();
  }
}

export type TranscriptAssembler = ReturnType<typeof createTranscriptAssembler>;

/** Assigns words to the segments of an utterance, in any order of the server's events. */
export function createTranscriptAssembler(onPartial: OnPartial) {
  const segments: UtteranceSegment[] = [];
  let open = new UtteranceSegment(0, 1);
  let reported = '';
  /** These counts went out with a transcript. */
  let counted = 0;
  let failure: BotError | undefined;

  function findSegment(itemId: string | undefined) {
    const known = [...segments, open].find((part) => part.itemId === itemId);
    if (known && itemId !== undefined) return known;
    return segments.find((part) => part.state === 'sent' && !part.isNamed);
  }

  function notifyWaiting() {
    const heard = joinTexts([...segments, open].map(({ heard }) => heard.text));
    const { text } = parseTags(heard, true);
    if (text === reported || text === '') return;
    reported = text;
    onPartial(text);
  }

  return {
    get openStart(): number {
      return open.fromSample;
    },

    endSegment(atSample: number) {
      Object.assign(open, { toSample: atSample, state: 'waiting' });
      segments.push(open);
      open = new UtteranceSegment(atSample, segments.length + 1);
    },

    listWaiting(): UtteranceSegment[] {
      return segments.filter(({ state }) => state === 'waiting');
    },

    /** Resolves when all sound up to the last pause is transcribed. */
    async waitUntilDone() {
      if (failure) throw failure;
      await Promise.all(segments.map(({ end }) => end.promise));
    },

    /** Its usage is that since the last one, if known. */
    getTranscript(asked: string | undefined, by: ServedBy): Transcript {
      const heard = segments.map((part) => part.heard);
      const language = heard.findLast((one) => one.language)?.language ?? asked;
      const text = joinTexts(heard.map((one) => one.text));
      const [first, ...more] = heard.slice(counted).map((one) => one.count);
      counted = segments.length;
      const count = more.reduce(addServerUsage, first);
      return { text, language, usage: { by, count } };
    },

    fail(error: BotError) {
      failure = error;
      for (const { end } of segments) end.reject(error);
    },

    handleEvent(event: JsonEvent) {
      const itemId = toNonEmptyText(event.item_id);
      switch (event.type) {
        case 'input_audio_buffer.committed': {
          const part = segments.find(
            ({ state, isNamed }) => state === 'sent' && !isNamed,
          );
          if (part) Object.assign(part, { itemId, isNamed: true });
          break;
        }
        case `${transcriptionEvent}.delta`: {
          const part = findSegment(itemId) ?? open;
          if (part.state === 'completed') break;
          part.itemId ??= itemId;
          part.heard = {
            ...part.heard,
            text: part.heard.text + (toNonEmptyText(event.delta) ?? ''),
          };
          notifyWaiting();
          break;
        }
        case `${transcriptionEvent}.completed`:
          findSegment(itemId)?.finish(toItemTranscript(event));
      }
    },

    /** Returns whether an error is about silence, or a segment nobody waits for. */
    canForgive({ itemId, eventId, code }: ItemFailure): boolean {
      const sent = segments.filter(({ state }) => state === 'sent');
      const meant = sent.find(
        (part) => part.eventId === eventId || part.itemId === itemId,
      );
      if (meant && code === 'input_audio_buffer_commit_empty') {
        meant.finish({ text: '' });
        return true;
      }
      return sent.length === 0 || (itemId !== undefined && !meant);
    },
  };
}
