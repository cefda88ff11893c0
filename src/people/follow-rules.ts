import { isWayIn } from './auto-join-rules.ts';
import type { JoinVerdict } from './join-rules.ts';

/** What is known of a person the bot follows, once they are in another channel than the bot. */
export type FollowFacts = {
  /** What stands in the way of the bot there; undefined: the channel is gone. */
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

/** Whether the bot goes after the person who called it. */
export function judgeFollow({ isDj, joining, mayEnter, othersHeard }: FollowFacts): FollowVerdict {
  if (!mayEnter || !isWayIn(joining)) return 'barred';
  return othersHeard > 0 && !isDj ? 'others' : 'follow';
}
