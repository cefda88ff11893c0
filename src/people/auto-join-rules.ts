import type { JoinVerdict } from './join-rules.ts';

/** A channel into which the bot comes by itself, as it is now. */
export type AutoJoinChannel = {
  readonly channelId: string;
  /** What stands in the way; undefined: the channel is gone. */
  readonly joining: JoinVerdict | undefined;
  /** People there who may be heard without being asked anew. */
  readonly heard: number;
  /** People there who said nothing yet, and can be asked. */
  readonly unasked: number;
  /** Somebody sent the bot away, and the channel was never empty since. */
  readonly isSentAway: boolean;
};

/** Where the bot sits, and how many people sit with it, bots aside. */
export type OwnSeat = { readonly channelId: string; readonly company: number };

/**
 * Id of the channel the bot goes to uncalled; undefined: it stays where it is, or away.
 *
 * It leaves nobody for it. Of several channels it takes the one with the most people who may be heard, then with the most
 * who can be asked, then the first of `channels`. Where everybody said no it does not come.
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

/** A stage is a way in, too: as audience. */
export function isWayIn(joining: JoinVerdict | undefined): boolean {
  return joining?.kind === 'fine' || joining?.kind === 'stage';
}
