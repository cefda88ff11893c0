import type { JoinVerdict } from '#src/people/join-rules.ts';
import { missingRight } from '#src/session/ports/seat-events.ts';
import type { ChannelRef } from '#src/session/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';

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
      return { id: 'join.no_speak', with: { channel, permission: 'Speak' } };
    case 'stage':
    case 'fine':
      return undefined;
  }
}

/** `2026-11-20 16:25 UTC`: the server of the bot and its people live in many time zones. */
function timeOf(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
