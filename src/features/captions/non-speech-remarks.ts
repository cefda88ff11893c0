import type { SessionContext } from '#src/conversation/session-context.ts';
import { remark } from '#src/features/captions/live/caption-line.ts';
import type { LiveCaptions } from '#src/features/captions/live/live-captions.ts';
import { writtenText } from '#src/notices/localized-text.ts';
import type { TrackItem } from '#src/playback/tracks/track-item.ts';
import type { TrackEvent } from '#src/playback/tracks/track-outcomes.ts';
import { cut } from '#src/texts/plain.ts';
import type { TranscriptRecorder } from './transcript-recorder.ts';

const maxTitleChars = 100;
/** Known length, in ms, below which a sound is no music. */
const musicMs = 30_000;

/** Music in the live captions of one session: its title, once, as it begins. It is shown, and not kept. */
export class NonSpeechRemarks implements Disposable {
  readonly #context: SessionContext;
  readonly #live: LiveCaptions;
  readonly #recorder: TranscriptRecorder;
  readonly #begun = new WeakSet<TrackItem>();
  readonly #watching: Disposable;

  constructor(context: SessionContext, live: LiveCaptions, recorder: TranscriptRecorder) {
    this.#context = context;
    this.#live = live;
    this.#recorder = recorder;
    const { tracks } = context.mix;
    this.#watching = tracks.listen((event) => this.#changed(event));
    for (const { isMuted, now } of tracks.all()) if (now && !isMuted) this.#began(now);
  }

  [Symbol.dispose](): void {
    this.#watching[Symbol.dispose]();
  }

  #changed(event: TrackEvent): void {
    if (event.kind !== 'began') return;
    if (!this.#context.mix.tracks.track(event.track)?.isMuted) this.#began(event.item);
  }

  #began(item: TrackItem): void {
    const { lengthMs = musicMs, title } = item.source;
    if (lengthMs < musicMs || this.#begun.has(item)) return;
    this.#begun.add(item);
    const { channel, parts } = this.#context;
    const line = {
      id: 'captions.remark.music',
      with: { title: cut(title, maxTitleChars) },
    } as const;
    const number = this.#recorder.nextNumber();
    const startMs = this.#recorder.sessionMs(parts.clock.nowMs());
    const text = writtenText(line, channel.guildId, parts);
    this.#live.put({ number, speaker: remark, startMs, endMs: startMs, text, state: 'final' });
  }
}
