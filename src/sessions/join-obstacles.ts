import type { Clock } from '#src/base/clock.ts';
import { type ChannelId, type GuildId, nobody } from '#src/base/ids.ts';
import { type JoinVerdict, judgeJoin } from '#src/people/join-rules.ts';
import type { Places } from '#src/ports/command-ports.ts';
import { type ChannelRef, toMissingRightLine } from '#src/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { createWallTimes } from '#src/texts/wall-time.ts';

type EntryDeps = { readonly clock: Clock; readonly places: Places };

/** Finds the line that says why the bot cannot join or speak in a channel. Undefined if nothing is in the way. */
export function describeObstacle(
  verdict: JoinVerdict,
  where: ChannelRef,
): TextLine | undefined {
  const { name: channel } = where;
  switch (verdict.kind) {
    case 'no-view':
    case 'no-connect':
      return toMissingRightLine(verdict.kind, where);
    case 'forbidden':
      return { id: 'join.forbidden', with: { channel } };
    case 'timed-out':
      return { id: 'join.timed_out', with: { time: formatUtcTime(verdict.untilMs) } };
    case 'full':
      return {
        id: 'join.full',
        with: { channel, n: verdict.members, limit: verdict.limit },
      };
    case 'afk':
      return { id: 'join.afk', with: { channel } };
    case 'no-speak':
      return { id: 'join.no_right', with: { channel, permission: 'Speak' } };
    case 'stage':
    case 'fine':
      return undefined;
  }
}

/** Judges whether the bot could join. Undefined where the channel is gone. */
export function judgeEntry(
  channel: ChannelRef,
  { clock, places }: EntryDeps,
): JoinVerdict | undefined {
  const facts = places.findChannelFacts(channel, nobody);
  return facts && judgeJoin({ ...facts, callerMayEnter: true }, clock.wallMs());
}

/**
 * Returns whether the bot may join by itself. A moderator may still put the bot into a channel that it may not join.
 */
export function canEnter(channel: ChannelRef, deps: EntryDeps): boolean {
  const kind = judgeEntry(channel, deps)?.kind;
  return kind === 'fine' || kind === 'stage';
}

/** The channel of a move. `isByHand`: a person has moved the bot, which sits there already. */
export type MoveTarget = { readonly channelId: ChannelId; readonly isByHand: boolean };

/** Finds the channel of a move. Undefined if the bot cannot go or stay there. */
export function findDestination(
  guildId: GuildId,
  { channelId, isByHand }: MoveTarget,
  deps: EntryDeps,
): ChannelRef | undefined {
  const channel = deps.places.findChannel(guildId, channelId);
  if (!channel) return undefined;
  const isOpen = isByHand ? canStay(channel, deps) : canEnter(channel, deps);
  return isOpen ? channel : undefined;
}

/** Returns whether the bot stays where a person has put it: it needs no more room, and answers in writing if it may not speak. */
function canStay(channel: ChannelRef, { clock, places }: EntryDeps) {
  const facts = places.findChannelFacts(channel, nobody);
  if (!facts) return false;
  const seated = { ...facts, callerMayEnter: true, limit: 0 };
  return ['fine', 'stage', 'no-speak'].includes(judgeJoin(seated, clock.wallMs()).kind);
}

/** Formats a time for people in many time zones: `2026-11-20 16:25 UTC`. */
function formatUtcTime(wallMs: number) {
  const { day, minute } = createWallTimes('UTC');
  return `${day(wallMs)} ${minute(wallMs)} UTC`;
}
