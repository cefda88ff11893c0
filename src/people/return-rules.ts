import type { JoinVerdict } from './join-rules.ts';

/** Age of a seat, in ms, from which on the bot does not return to it: people have gone on without it. */
export const returnMs = 15 * 60_000;

/** Facts about a seat of a former run before the bot returns to it. */
export type ReturnFacts = {
  /** Time in ms since its session was last known to live. */
  readonly idleMs: number;
  /** Obstacle, if any; undefined: the channel is gone. */
  readonly joining: JoinVerdict | undefined;
  /** A person sits there who may be heard. */
  readonly isAwaited: boolean;
};

export type ReturnVerdict =
  | { readonly kind: 'return' | 'too-old' | 'no-channel' | 'nobody' }
  | { readonly kind: 'barred'; readonly joining: JoinVerdict };

/** Whether the bot returns to the channel of a former run: only to people who may be heard, soon, and where it may enter. */
export function judgeReturn({ idleMs, joining, isAwaited }: ReturnFacts): ReturnVerdict {
  if (idleMs >= returnMs) return { kind: 'too-old' };
  if (!joining) return { kind: 'no-channel' };
  if (joining.kind !== 'fine' && joining.kind !== 'stage') return { kind: 'barred', joining };
  return { kind: isAwaited ? 'return' : 'nobody' };
}
