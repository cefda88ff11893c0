/** Facts from Discord about a channel, its caller and the bot before the bot joins. */
export type ChannelFacts = {
  /** False where so few rights are known that only an attempt can tell. */
  readonly certain: boolean;
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
  if (!facts.certain) return { kind: facts.kind === 'stage' ? 'stage' : 'fine' };
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
export const aloneMs = 60_000;
