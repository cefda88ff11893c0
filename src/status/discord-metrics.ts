import type { Meters } from './meters.ts';

/**
 * What one voice link sent, refused, lost or had to mend until it closed.
 *
 * All but the four that are named are packets, by what befell them.
 */
export type LinkTally = {
  readonly sent: number;
  readonly refused: number;
  readonly shifts: number;
  readonly errors: number;
} & Readonly<Record<string, number>>;

/** Up to the 60 s after which a command is given up; an answer should come within 0.3 s. */
const commandBuckets = [0.05, 0.1, 0.2, 0.3, 0.5, 1, 3, 10, 60];
/** Up to the deadline of a link. */
const linkBuckets = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 15];
/** Discord docs, "Voice Close Event Codes", and how sockets close. */
const closeCodes = new Set([
  1000, 1001, 1006, 4001, 4002, 4003, 4004, 4005, 4006, 4009, 4011, 4012, 4014, 4015, 4016, 4017,
  4020, 4021, 4022,
]);

/** Counts what happens at Discord; labels are words of ours and known close codes, never ids. */
export class DiscordMetrics {
  readonly #commands;
  readonly #commandFailures;
  readonly #gateway;
  readonly #warnings;
  readonly #links;
  readonly #linkErrors;
  readonly #closes;
  readonly #frames;
  readonly #shifts;
  readonly #packets;

  constructor(meters: Meters) {
    this.#commands = meters.seconds('command', 'Until a command was answered.', commandBuckets, [
      'name',
    ]);
    this.#commandFailures = meters.counter('command_failures', 'Commands that failed, by code.', [
      'code',
    ]);
    this.#gateway = meters.counter('gateway', 'Reconnects and resumes of the main gateway.', [
      'what',
    ]);
    this.#warnings = meters.counter('warnings', 'Warnings in the log about Discord.');
    this.#links = meters.seconds('link_open', 'Until a voice link could be used.', linkBuckets);
    this.#linkErrors = meters.counter('link_errors', 'Errors of the voice library.');
    this.#closes = meters.counter('voice_closes', 'Voice sockets that closed, by close code.', [
      'code',
    ]);
    this.#frames = meters.counter('frames', 'Frames to the voice library, 20 ms each.', ['what']);
    this.#shifts = meters.counter('clock_shifts', 'Stalls over 60 ms: a gap, no frame was cut.');
    this.#packets = meters.counter('packets', 'Packets that were not simply heard.', ['what']);
  }

  /** `name` must be a command of ours. */
  answered(name: string, tookMs: number): void {
    this.#commands.observe({ name }, tookMs / 1000);
  }

  /** `code` must be one of ours. */
  commandFailed(code: string): void {
    this.#commandFailures.inc({ code });
  }

  gateway(what: 'reconnecting' | 'resumed'): void {
    this.#gateway.inc({ what });
  }

  warned(): void {
    this.#warnings.inc();
  }

  linkOpened(tookMs: number): void {
    this.#links.observe(tookMs / 1000);
  }

  /** A code nobody knows is counted as `other`. */
  voiceClosed(closeCode: number): void {
    this.#closes.inc({ code: closeCodes.has(closeCode) ? `${closeCode}` : 'other' });
  }

  linkClosed({ sent, refused, shifts, errors, ...packets }: LinkTally): void {
    this.#frames.inc({ what: 'sent' }, sent);
    this.#frames.inc({ what: 'refused' }, refused);
    this.#shifts.inc(shifts);
    this.#linkErrors.inc(errors);
    for (const [key, count] of Object.entries(packets)) {
      this.#packets.inc({ what: snake(key) }, count);
    }
  }
}

function snake(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
