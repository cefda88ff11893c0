import type { Clock } from '#src/base/clock.ts';

/**
 * Violations by processes of one bot that act for one server at once.
 *
 * - `second-voice-session`: a login for voice under another gateway session, while the former one still had its socket.
 * - `superseded-session`: a seat asked for by a gateway session of a shard on which a later one was online.
 * - `answered-twice`: a second callback of one interaction, refused with 40060, but for a deferral, by which a process that
 *   cannot reach its database asks whether it is the first; or anything written by a process that was refused so.
 */
export type Violation = { readonly guildId: string; readonly atMs: number } & ViolationKind;

type ViolationKind =
  | { readonly kind: 'second-voice-session' | 'superseded-session' }
  | {
      readonly kind: 'answered-twice';
      readonly interactionId: string;
      /** Type of the second callback. Source: Discord docs, "Interaction Callback Type". Absent for what was written later. */
      readonly callbackType?: number;
      /** The processes that sent the first and the second one, where they have addresses of their own. */
      readonly by: readonly [string | undefined, string | undefined];
    };

/** Keeps this many; what comes later is not noted. */
const keptLimit = 1000;

/** Violations found, oldest first. */
export class ViolationLog {
  readonly #clock: Clock;
  #found: readonly Violation[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get found(): readonly Violation[] {
    return this.#found;
  }

  note(guildId: string, violation: ViolationKind): void {
    if (this.#found.length >= keptLimit) return;
    this.#found = [...this.#found, { guildId, atMs: this.#clock.nowMs(), ...violation }];
  }
}
