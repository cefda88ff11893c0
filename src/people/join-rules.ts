import type { ChannelId } from '#src/base/ids.ts';

export type ChannelFacts = {
  /** False if too few rights are known, so that only a try can tell. */
  readonly isCertain: boolean;
  readonly kind: 'voice' | 'stage';
  readonly isAfk: boolean;
  readonly callerMayEnter: boolean;
  /** False if another person moved the caller in. */
  readonly callerMayConnect: boolean;
  readonly mayView: boolean;
  readonly mayConnect: boolean;
  readonly maySpeak: boolean;
  /** False if the bot cannot write in the chat of the channel. */
  readonly mayWrite: boolean;
  readonly mayMoveMembers: boolean;
  /** 0 means no limit. */
  readonly limit: number;
  /** Includes bots. */
  readonly members: number;
  /** Unix time. Absent if the bot is not timed out. */
  readonly timedOutUntilMs?: number;
};

export type JoinVerdict =
  | {
      readonly kind:
        | 'fine'
        | 'forbidden'
        | 'no-view'
        | 'no-connect'
        | 'no-speak'
        | 'afk'
        | 'stage';
    }
  | { readonly kind: 'timed-out'; readonly untilMs: number }
  | { readonly kind: 'full'; readonly members: number; readonly limit: number };

/** Finds the first obstacle to a join: of the caller, of the bot, of the channel. */
export function judgeJoin(facts: ChannelFacts, wallMs: number): JoinVerdict {
  const { members, limit, timedOutUntilMs = 0 } = facts;
  // Only a try can tell where so few rights are known.
  if (!facts.isCertain) return { kind: facts.kind === 'stage' ? 'stage' : 'fine' };
  if (!facts.callerMayEnter) return { kind: 'forbidden' };
  if (!facts.mayView) return { kind: 'no-view' };
  if (timedOutUntilMs > wallMs) return { kind: 'timed-out', untilMs: timedOutUntilMs };
  if (!facts.mayConnect) return { kind: 'no-connect' };
  if (limit > 0 && members >= limit && !facts.mayMoveMembers)
    return { kind: 'full', members, limit };
  if (facts.isAfk) return { kind: 'afk' };
  // A stage is no obstacle, since the bot joins as audience.
  if (facts.kind === 'stage') return { kind: 'stage' };
  return { kind: facts.maySpeak ? 'fine' : 'no-speak' };
}

/** Default time in an empty channel before the bot leaves. */
export const leaveAloneAfterMs = 60_000;

/** People have gone on without the bot by then. */
export const maxReturnAgeMs: number = 15 * 60_000;

export type AutoJoinChannel = {
  readonly channelId: ChannelId;
  readonly heardCount: number;
  readonly unaskedCount: number;
  /** A person sent the bot away, and the channel was never empty since. */
  readonly isSentAway: boolean;
};

/** Window in which a server gets two automatic joins at most. */
const joinWindowMs = 15_000;
/** The second join must be wanted this long, in case people only pass through. */
const joinSettleMs = 1_200;

/**
 * Chooses the channel for an automatic join: most people heard, then most people to ask, then list order. None
 * where everybody said no.
 */
export function chooseAutoJoin(
  channels: readonly AutoJoinChannel[],
  ownChannelId: ChannelId | undefined,
): ChannelId | undefined {
  const open = channels.filter(
    ({ heardCount, isSentAway, unaskedCount }) =>
      heardCount + unaskedCount > 0 && !isSentAway,
  );
  const [best] = open.toSorted(
    (a, b) => b.heardCount - a.heardCount || b.unaskedCount - a.unaskedCount,
  );
  return best?.channelId === ownChannelId ? undefined : best?.channelId;
}

/**
 * Returns the earliest time of an automatic join. The first is immediate, and 20 changes of channel in 10 s cause
 * three joins at most. `sinceMs` is when the join was first wanted without a break.
 */
export function toAutoJoinTimeMs(
  joinedAtMs: readonly number[],
  sinceMs: number,
): number {
  const [earlierAtMs, latestAtMs] = [joinedAtMs.at(-2), joinedAtMs.at(-1)];
  if (latestAtMs === undefined || sinceMs - latestAtMs >= joinWindowMs) return sinceMs;
  const settledAtMs = sinceMs + joinSettleMs;
  return earlierAtMs === undefined
    ? settledAtMs
    : Math.max(settledAtMs, earlierAtMs + joinWindowMs);
}
