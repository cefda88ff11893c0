import { SeenFor } from './seen-for.ts';

const unheardMs = 10_000;
const longestLookMs = 1_000;
/** A new link is told of everybody who has ever spoken, also of those who are silent now. */
const retoldMs = 2_000;
/** Packets may come shortly before Discord says whose they are. */
const earlyMs = 1_000;

type ShownSpeaker = { readonly sinceMs: number; readonly unheard: SeenFor };

/** What the watchdog asks about one person. */
export type SpeakerWatch = {
  mayHear(speakerId: string): boolean;
  /** When their last packet came. */
  lastPacketAtMs(speakerId: string): number | undefined;
};

/** Watchdog of people whom Discord shows as speaking (op 5) and of whom no packet arrives. */
export class SpeakerWatchdog {
  readonly #shown = new Map<string, ShownSpeaker>();
  #readyAtMs: number | undefined;

  /** Op 5. */
  speaking(speakerId: string, isOn: boolean, atMs: number): void {
    if (!isOn) this.#shown.delete(speakerId);
    else if (this.#readyAtMs === undefined || atMs - this.#readyAtMs < retoldMs) return;
    else if (!this.#shown.has(speakerId)) {
      this.#shown.set(speakerId, { sinceMs: atMs, unheard: new SeenFor(longestLookMs) });
    }
  }

  /** Op 13. */
  gone(speakerId: string): void {
    this.#shown.delete(speakerId);
  }

  /** To be asked while the link is ready. The first person of whom nothing has arrived for 10 s. */
  unheard(hearing: SpeakerWatch, atMs: number): string | undefined {
    this.#readyAtMs ??= atMs;
    let first: string | undefined;
    for (const [speakerId, { sinceMs, unheard }] of this.#shown) {
      if ((hearing.lastPacketAtMs(speakerId) ?? Number.NEGATIVE_INFINITY) >= sinceMs - earlyMs) {
        this.#shown.delete(speakerId);
      } else if (unheard.look(hearing.mayHear(speakerId), atMs) >= unheardMs) first ??= speakerId;
    }
    return first;
  }
}
