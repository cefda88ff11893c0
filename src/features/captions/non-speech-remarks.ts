import { writtenText } from '#src/conversation/languages/localized-text.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { remark } from '#src/features/captions/live/caption-line.ts';
import type { TrackEvent } from '#src/playback/tracks/track-events.ts';
import type { TrackItem } from '#src/playback/tracks/track-item.ts';
import { cut } from '#src/texts/plain.ts';
import type { CheckedLine, TextValues } from '#src/texts/texts.ts';
import type { CaptionMessages } from './caption-messages.ts';
import type { TranscriptRecorder } from './transcript-recorder.ts';

export type NonSpeechRemarksOptions = {
  readonly live: CaptionMessages;
  readonly recorder: TranscriptRecorder;
};

/** Remarks in the live captions of one session: what a deaf person misses beside words. They are shown, and not kept. */
export class NonSpeechRemarks implements Disposable {
  readonly #context: SessionContext;
  readonly #options: NonSpeechRemarksOptions;
  readonly #unwritten = new UnwrittenVoices();
  readonly #playing = new PlayingSounds();
  readonly #watching: Disposable;

  constructor(context: SessionContext, options: NonSpeechRemarksOptions) {
    this.#context = context;
    this.#options = options;
    const { tracks } = context.mix;
    this.#watching = tracks.listen((event) => this.#changed(event));
    for (const { isMuted, now } of tracks.list()) if (now && !isMuted) this.#began(now);
  }

  [Symbol.dispose](): void {
    this.#watching[Symbol.dispose]();
  }

  /** The tone of a failure has sounded. */
  erred(): void {
    this.#show({ id: 'captions.remark.error' });
  }

  /** A packet of somebody whose words may not be written. */
  unwritten(atMs: number): void {
    if (this.#unwritten.add(atMs)) this.#show({ id: 'captions.remark.unwritten' }, atMs);
  }

  #changed(event: TrackEvent): void {
    if (event.kind === 'ended') this.#ended(event.item);
    if (event.kind !== 'began') return;
    const { isMuted } = this.#context.mix.tracks.track(event.track)?.view ?? {};
    if (!isMuted) this.#began(event.item);
  }

  #began(item: TrackItem): void {
    const kind = this.#playing.began(item, this.#context.parts.clock.nowMs());
    if (kind) this.#show({ id: `captions.remark.${kind}`, with: titleOf(item) });
  }

  #ended(item: TrackItem): void {
    if (this.#playing.ended(item, this.#context.parts.clock.nowMs()))
      this.#show({ id: 'captions.remark.ended', with: titleOf(item) });
  }

  #show(line: CheckedLine, atMs = this.#context.parts.clock.nowMs()): void {
    const { live, recorder } = this.#options;
    const number = recorder.nextNumber();
    const startMs = recorder.sessionMs(atMs);
    const { channel, parts } = this.#context;
    const text = writtenText(line, channel.guildId, parts);
    const shown = {
      number,
      speaker: remark,
      startMs,
      endMs: startMs,
      text,
      state: 'final',
    } as const;
    live.put(shown);
  }
}

function titleOf({ source }: TrackItem): TextValues {
  return { title: cut(source.title, maxTitleChars) };
}

const maxTitleChars = 100;
/** Known length, in ms, from which a sound counts as music. */
const musicMs = 30_000;
/** Shortest time, in ms, after which the end of a sound has a remark of its own. */
const endedMs = 5_000;
/** Most sounds in a minute whose beginning has a remark. */
const mostBegun = 10;

/** Sounds beside the bot's speech whose beginning was remarked on. */
class PlayingSounds {
  readonly #begun = new Map<TrackItem, number>();
  #atMs: readonly number[] = [];

  /** Undefined where its beginning has no remark. */
  began(item: TrackItem, atMs: number): 'music' | 'sound' | undefined {
    this.#atMs = this.#atMs.filter((one) => atMs - one < 60_000);
    if (this.#begun.has(item) || this.#atMs.length >= mostBegun) return undefined;
    this.#atMs = [...this.#atMs, atMs];
    this.#begun.set(item, atMs);
    const { lengthMs = 0 } = item.source;
    return lengthMs < musicMs ? 'sound' : 'music';
  }

  /** Whether its end has a remark. */
  ended(item: TrackItem, atMs: number): boolean {
    const begunAtMs = this.#begun.get(item);
    this.#begun.delete(item);
    return begunAtMs !== undefined && atMs - begunAtMs >= endedMs;
  }
}

/** Packets that are 1 s of sound at 20 ms each, and the time in ms within which they have to arrive. */
const [enough, withinMs] = [50, 3_000];
/** Shortest pause, in ms, after which unwritten speech is another stretch. */
const pauseMs = 5_000;
/** Shortest time, in ms, between two remarks about it. */
const remarkMs = 60_000;

/**
 * Unwritten speech in one channel, by the instants of its packets alone: all people whose words may not be written count as one, so
 * neither who they are nor how many can be known.
 */
class UnwrittenVoices {
  #latest: number[] = [];
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #remarkedAtMs = Number.NEGATIVE_INFINITY;
  /** The present stretch has had no remark. */
  #isNew = true;

  /** True once in a stretch of such speech, once a minute at most. */
  add(atMs: number): boolean {
    this.#latest = [...this.#latest, atMs].slice(-enough);
    const [first = atMs] = this.#latest;
    if (this.#latest.length < enough || atMs - first >= withinMs) return false;
    if (atMs - this.#heardAtMs >= pauseMs) this.#isNew = true;
    this.#heardAtMs = atMs;
    if (!this.#isNew || atMs - this.#remarkedAtMs < remarkMs) return false;
    this.#isNew = false;
    this.#remarkedAtMs = atMs;
    return true;
  }
}
