import { randomBytes } from 'node:crypto';
import type { Clock } from '#src/base/clock.ts';
import { ifInTime } from '#src/base/waiting.ts';
import type { PlayEnd } from '#src/conversation/ports/play-end.ts';
import { refusal } from './refusal.ts';

/**
 * Longest wait, in ms, of one request for an end. Proxies between wait a minute, of which looking at a link may take 12 s.
 */
const longestWaitMs = 45_000;
/** Plays whose ends can be asked for; of more the oldest are forgotten. */
const mostKept = 2_000;

/** One text or sound that a program has had said or played. */
export type Play = {
  readonly id: string;
  readonly guildId: string;
  readonly onEnd: (end: PlayEnd) => void;
  readonly ended: Promise<PlayEnd>;
  /** Undefined while it waits or goes on. */
  readonly end: () => PlayEnd | undefined;
};

/** Ends of plays that programs asked for, by ids that only they know; in memory. */
export class Plays {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Play>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins a play that is handed on, and kept if it was accepted. */
  begin(guildId: string): Play {
    const { promise: ended, resolve } = Promise.withResolvers<PlayEnd>();
    let end: PlayEnd | undefined;
    const onEnd = (how: PlayEnd) => {
      end = how;
      resolve(how);
    };
    const id = randomBytes(12).toString('base64url');
    return { id, guildId, onEnd, ended, end: () => end };
  }

  keep(play: Play): void {
    this.#kept.set(play.id, play);
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size > mostKept) this.#kept.delete(oldest);
  }

  /** Errors: `ApiRefusal`, also for a play of another server. */
  find(guildId: string, id: string): Play {
    const play = this.#kept.get(id);
    if (play?.guildId === guildId) return play;
    const message = `There is no such play, or it is forgotten: the latest ${mostKept} are kept until a restart.`;
    throw refusal(404, 'play.unknown', message, 'id');
  }

  /** Its end, or undefined where it goes on after 45 s. Errors: `ApiRefusal` where the program has hung up. */
  async wait({ ended }: Play, signal: AbortSignal): Promise<PlayEnd | undefined> {
    try {
      return await ifInTime(ended, longestWaitMs, this.#clock, signal);
    } catch (error) {
      throw signal.aborted ? refusal(409, 'program.gone', 'The program has hung up.') : error;
    }
  }
}
