import type { Clock } from '#src/base/clock.ts';
import { type JoinVerdict, judgeJoin } from '#src/people/join-rules.ts';
import type { Places } from '#src/ports/command-ports.ts';
import { missingRight } from '#src/ports/seat-changes-by-others.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { wallTimesIn } from '#src/texts/wall-time.ts';

type EntryFacts = { readonly clock: Clock; readonly places: Places };

/** Text on what keeps the bot out of a channel or silent there, and what to do; undefined where nothing does. */
export function obstacleOf(verdict: JoinVerdict, where: ChannelRef): TextLine | undefined {
  const { name: channel } = where;
  switch (verdict.kind) {
    case 'no-view':
    case 'no-connect':
      return missingRight(verdict.kind, where);
    case 'forbidden':
      return { id: 'join.forbidden', with: { channel } };
    case 'timed-out':
      return { id: 'join.timed_out', with: { time: timeOf(verdict.untilMs) } };
    case 'full':
      return { id: 'join.full', with: { channel, n: verdict.members, limit: verdict.limit } };
    case 'afk':
      return { id: 'join.afk', with: { channel } };
    case 'no-speak':
      return { id: 'join.no_right', with: { channel, permission: 'Speak' } };
    case 'stage':
    case 'fine':
      return undefined;
  }
}

/** Obstacle to a join without a caller. Undefined where the channel is gone. */
export function judgeEntry(
  channel: ChannelRef,
  { clock, places }: EntryFacts,
): JoinVerdict | undefined {
  const facts = places.facts(channel, '');
  return facts && judgeJoin({ ...facts, callerMayEnter: true }, clock.wallMs());
}

/** True where the bot may be, on a stage as audience; who put it there need not be able to enter themselves. */
export function mayBeIn(channel: ChannelRef, parts: EntryFacts): boolean {
  const kind = judgeEntry(channel, parts)?.kind;
  return kind === 'fine' || kind === 'stage';
}

/** `2026-11-20 16:25 UTC`: the server of the bot and its people live in many time zones. */
function timeOf(wallMs: number): string {
  const { day, minute } = wallTimesIn('UTC');
  return `${day(wallMs)} ${minute(wallMs)} UTC`;
}
