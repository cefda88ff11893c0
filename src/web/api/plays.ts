import { randomBytes } from 'node:crypto';
import type { Clock } from '#src/base/clock.ts';
import { ifInTime } from '#src/base/waiting.ts';
import type { PlayEnd } from '#src/conversation/ports/play-end.ts';

import { refusal } from './refusal.ts';

/**
 * Longest wait, in ms, of one request for an end. Proxies between wait a minute, of which looking at a link may take 12 s.
 */
const longestWaitMs = 45_000;
/** Plays that go on, and plays that have ended, whose ends can be asked for; of more the oldest are forgotten. */
const mostKept = 1_000;

/** One text or sound that a program has had said or played. */
export class Play {
  readonly id = randomBytes(12).toString('base64url');
  readonly guildId: string;
  readonly #onOver: (play: Play) => void;
  readonly #waiting = new Set<() => void>();
  #end: PlayEnd | undefined;

  constructor(guildId: string, onOver: (play: Play) => void) {
    this.guildId = guildId;
    this.#onOver = onOver;
  }

  /** Undefined while it waits or goes on. */
  get end(): PlayEnd | undefined {
    return this.#end;
  }

  readonly onEnd = (end: PlayEnd): void => {
    this.#end = end;
    for (const wake of this.#waiting) wake();
    this.#onOver(this);
  };

  /** Its end, or undefined after `ms`. Aborting `signal` throws `signal.reason`. */
  async ended(ms: number, clock: Clock, signal: AbortSignal): Promise<PlayEnd | undefined> {
    if (this.#end) return this.#end;
    const finished = Promise.withResolvers<void>();
    this.#waiting.add(finished.resolve);
    try {
      await ifInTime(finished.promise, ms, clock, signal);
    } finally {
      this.#waiting.delete(finished.resolve);
    }
    return this.#end;
  }
}

/** Ends of plays that programs asked for, by ids that only they know; in memory. */
export class Plays {
  readonly #clock: Clock;
  readonly #open = new Map<string, Play>();
  readonly #over = new Map<string, Play>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins a play that is handed on, and kept if it was accepted. */
  begin(guildId: string): Play {
    return new Play(guildId, (play) => {
      if (this.#open.delete(play.id)) put(play, this.#over);
    });
  }

  keep(play: Play): void {
    put(play, play.end ? this.#over : this.#open);
  }

  /** Errors: `ApiRefusal`, also for a play of another server. */
  find(guildId: string, id: string): Play {
    const play = this.#open.get(id) ?? this.#over.get(id);
    if (play?.guildId === guildId) return play;
    const message = `There is no such play, or it is forgotten: the latest ${mostKept} that go on and ${mostKept} that have ended are kept until a restart.`;
    throw refusal(404, 'play.unknown', message, 'id');
  }

  /** Its end, or undefined where it goes on after 45 s. Errors: `ApiRefusal` where the program has hung up. */
  async wait(play: Play, signal: AbortSignal): Promise<PlayEnd | undefined> {
    try {
      return await play.ended(longestWaitMs, this.#clock, signal);
    } catch (error) {
      throw signal.aborted ? refusal(409, 'program.gone', 'The program has hung up.') : error;
    }
  }
}

function put(play: Play, among: Map<string, Play>): void {
  among.set(play.id, play);
  const [oldest] = among.keys();
  if (oldest !== undefined && among.size > mostKept) among.delete(oldest);
}
