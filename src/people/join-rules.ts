/** Facts from Discord about a channel, its caller and the bot before the bot joins. */
export type ChannelFacts = {
  /** False where so few rights are known that only an attempt can tell. */
  readonly isCertain: boolean;
  readonly kind: 'voice' | 'stage';
  readonly isAfk: boolean;
  readonly callerMayEnter: boolean;
  /** The caller has the rights to enter, also where another person moved them in. */
  readonly callerMayConnect: boolean;
  /** Permissions the bot has there. */
  readonly mayView: boolean;
  readonly mayConnect: boolean;
  readonly maySpeak: boolean;
  readonly mayMoveMembers: boolean;
  /** 0: no limit. */
  readonly limit: number;
  /** Everybody there, bots included. */
  readonly members: number;
  /** Milliseconds since 1970; absent: not timed out. */
  readonly timedOutUntilMs?: number;
};

export type JoinVerdict =
  | {
      readonly kind: 'fine' | 'forbidden' | 'no-view' | 'no-connect' | 'no-speak' | 'afk' | 'stage';
    }
  | { readonly kind: 'timed-out'; readonly untilMs: number }
  | { readonly kind: 'full'; readonly members: number; readonly limit: number };

/**
 * First obstacle: those of the caller come first, then the bot's, then the channel's. `stage` is no obstacle: the bot
 * joins as audience.
 */
export function judgeJoin(facts: ChannelFacts, wallMs: number): JoinVerdict {
  const { members, limit, timedOutUntilMs = 0 } = facts;
  if (!facts.isCertain) return { kind: facts.kind === 'stage' ? 'stage' : 'fine' };
  if (!facts.callerMayEnter) return { kind: 'forbidden' };
  if (!facts.mayView) return { kind: 'no-view' };
  if (timedOutUntilMs > wallMs) return { kind: 'timed-out', untilMs: timedOutUntilMs };
  if (!facts.mayConnect) return { kind: 'no-connect' };
  if (limit > 0 && members >= limit && !facts.mayMoveMembers)
    return { kind: 'full', members, limit };
  if (facts.isAfk) return { kind: 'afk' };
  if (facts.kind === 'stage') return { kind: 'stage' };
  return { kind: facts.maySpeak ? 'fine' : 'no-speak' };
}

/** Time alone in a channel, in ms, after which the bot leaves it. */
export const leaveAloneAfterMs = 60_000;

/** Age of a seat, in ms, from which on the bot does not return to it: people have gone on without it. */
export const maxReturnAgeMs = 15 * 60_000;

/** A channel into which the bot comes by itself, as it is now. */
export type AutoJoinChannel = {
  readonly channelId: ChannelId;
  /** People there who may be heard without a new question. */
  readonly heard: number;
  /** People there who have not answered yet, and can be asked. */
  readonly unasked: number;
  /** A person sent the bot away, or it could not come, and the channel was never empty since. */
  readonly isSentAway: boolean;
};

/** Time, in ms, in which at most two automatic joins are made in a server. */
const joinWindowMs = 15_000;
/** Time, in ms, that the second one must stay wanted: the bot does not follow people who only pass through. */
const joinSettleMs = 1_200;

/**
 * Id of the channel that a bot without company joins automatically; undefined: it stays where it is, or away.
 *
 * Of several channels it takes the one with the most people who may be heard, then with the
 * most who can be asked, then the first of `channels`. Where all people said no it does not come.
 */
export function chooseAutoJoin(
  channels: readonly AutoJoinChannel[],
  ownChannelId: ChannelId | undefined,
): string | undefined {
  const open = channels.filter(
    ({ heard, isSentAway, unasked }) => heard + unasked > 0 && !isSentAway,
  );
  const [first] = open.toSorted(
    (one, other) => other.heard - one.heard || other.unasked - one.unasked,
  );
  return first?.channelId === ownChannelId ? undefined : first?.channelId;
}

/**
 * Earliest instant of an automatic join, in ms of the same clock; `joinedAtMs` are those of before, oldest first,
 * `sinceMs` is when it was first wanted without a break.
 *
 * The first one is made at once. So 20 changes of channel in 10 s lead to three at most.
 */
export function toAutoJoinTimeMs(joinedAtMs: readonly number[], sinceMs: number): number {
  const [before, last] = [joinedAtMs.at(-2), joinedAtMs.at(-1)];
  if (last === undefined || sinceMs - last >= joinWindowMs) return sinceMs;
  const settledAtMs = sinceMs + joinSettleMs;
  return before === undefined ? settledAtMs : Math.max(settledAtMs, before + joinWindowMs);
}
