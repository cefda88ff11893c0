import '#src/discord/library/sodium.ts';
import { VoiceConnectionStatus } from '@discordjs/voice';
import { SeenFor } from './seen-for.ts';

/** Time, in ms, after which a link that is not ready is down, and most that one look counts for. */
const [downMs, longestLookMs] = [400, 300];

export type ConnectionVerdict = 'up' | 'pending' | { readonly fault: string };

/** Watchdog of the status of one connection. Before it has been ready once, its opener waits for it. */
export class ConnectionWatchdog {
  readonly #down = new SeenFor(longestLookMs);
  #wasReady = false;

  look(status: VoiceConnectionStatus, atMs: number): ConnectionVerdict {
    const isReady = status === VoiceConnectionStatus.Ready;
    this.#wasReady ||= isReady;
    const ms = this.#down.look(this.#wasReady && !isReady, atMs);
    if (isReady) return 'up';
    if (ms < downMs) return 'pending';
    return { fault: `The voice link has been ${status} for ${(ms / 1_000).toFixed(1)} s.` };
  }
}
