import type { JoinVerdict } from './join-rules.ts';

/** A channel into which the bot comes by itself, as it is now. */
export type AutoJoinChannel = {
  readonly channelId: string;
  /** Obstacle, if any; undefined: the channel is gone. */
  readonly joining: JoinVerdict | undefined;
  /** People there who may be heard without a new question. */
  readonly heard: number;
  /** People there who have not answered yet, and can be asked. */
  readonly unasked: number;
  /** A person sent the bot away, and the channel was never empty since. */
  readonly isSentAway: boolean;
};

/** Channel of the bot, and the number of people with it, bots aside. */
export type OwnSeat = { readonly channelId: string; readonly company: number };

/** Facts about a person the bot follows, once they are in another channel than the bot. */
type FollowFacts = {
  /** Obstacle for the bot there, if any; undefined: the channel is gone. */
  readonly joining: JoinVerdict | undefined;
  /** Whether the followed person has the rights to enter, also where a moderator moved them in. */
  readonly mayEnter: boolean;
  /** People besides them in the bot's channel who may be heard. */
  readonly othersHeard: number;
  /** Has the DJ role, or manages the server. */
  readonly isDj: boolean;
};

/** `others`: it stays with those it hears; `barred`: one of both may not go there. */
export type FollowVerdict = 'follow' | 'others' | 'barred';

/** Time, in ms, in which at most two automatic joins are made in a server. */
const joinWindowMs = 15_000;
/** Time, in ms, that the second one must stay wanted: the bot does not follow people who only pass through. */
const joinSettleMs = 1_200;

/**
 * Id of the channel the bot joins automatically; undefined: it stays where it is, or away.
 *
 * It leaves no company for it. Of several channels it takes the one with the most people who may be heard, then with the
 * most who can be asked, then the first of `channels`. Where all people said no it does not come.
 */
export function chooseAutoJoin(
  channels: readonly AutoJoinChannel[],
  seat: OwnSeat | undefined,
): string | undefined {
  if (seat && seat.company > 0) return undefined;
  const open = channels.filter(
    ({ heard, isSentAway, joining, unasked }) =>
      heard + unasked > 0 && !isSentAway && isWayIn(joining),
  );
  const [first] = open.toSorted(
    (one, other) => other.heard - one.heard || other.unasked - one.unasked,
  );
  return first?.channelId === seat?.channelId ? undefined : first?.channelId;
}

/** Whether the bot may enter; a stage counts, too: as audience. */
export function isWayIn(joining: JoinVerdict | undefined): boolean {
  return joining?.kind === 'fine' || joining?.kind === 'stage';
}

/** Whether the bot follows the person who called it. */
export function judgeFollow({ isDj, joining, mayEnter, othersHeard }: FollowFacts): FollowVerdict {
  if (!mayEnter || !isWayIn(joining)) return 'barred';
  return othersHeard > 0 && !isDj ? 'others' : 'follow';
}

/**
 * Earliest instant of an automatic join, in ms of the same clock; `joinedAtMs` are those of before, oldest first,
 * `sinceMs` is when it was first wanted without a break.
 *
 * The first one is made at once. So 20 changes of channel in 10 s lead to three at most.
 */
export function uncalledJoinAtMs(joinedAtMs: readonly number[], sinceMs: number): number {
  const [before, last] = [joinedAtMs.at(-2), joinedAtMs.at(-1)];
  if (last === undefined || sinceMs - last >= joinWindowMs) return sinceMs;
  const settledAtMs = sinceMs + joinSettleMs;
  return before === undefined ? settledAtMs : Math.max(settledAtMs, before + joinWindowMs);
}
