import { SeenFor } from './seen-for.ts';

const stuckMs = 500;
/** As often as the watchdogs look: a stall of the process is none of the sender. */
const longestLookMs = 250;

/** Watchdog of what the bot sends: frames to send, a settled link, and none left. */
export class FramesWatchdog {
  readonly #stuck = new SeenFor(longestLookMs);
  #sent = 0;

  /** `sent` counts frames that left. What is wrong, in one sentence. */
  fault(hasFrames: boolean, sent: number, atMs: number): string | undefined {
    const isStuck = hasFrames && sent === this.#sent;
    this.#sent = sent;
    const ms = this.#stuck.look(isStuck, atMs);
    return ms < stuckMs ? undefined : `No frame has left for ${Math.round(ms)} ms.`;
  }
}
