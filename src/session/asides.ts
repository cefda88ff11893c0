import type { AsideKind } from '#src/chat/asides.ts';
import { write } from './admission.ts';
import type { Given } from './keeping.ts';
import type { Question } from './matter.ts';
import type { SessionParts } from './parts.ts';
import type { Conversation } from './room.ts';
import { aloud } from './wording.ts';

/** What is said in place of what cannot be, in the language of the room. */
export function saidInstead(
  guildId: string,
  parts: Pick<SessionParts, 'places' | 'spokenLocales'>,
): Readonly<Record<AsideKind, string>> {
  return {
    link: aloud({ id: 'aside.link' }, guildId, parts),
    code: aloud({ id: 'aside.code' }, guildId, parts),
    table: aloud({ id: 'aside.table' }, guildId, parts),
  };
}

/** Writes what of an answer is read, not heard; not for who gets all of it in writing, nor where it was cut off before. */
export function showAside(
  { tell }: Question,
  { reply, progress, finish }: Given,
  { channel, parts }: Conversation,
): void {
  if (progress.aside === undefined || tell) return;
  const heard = reply.heardText();
  const isTold = Object.values(saidInstead(channel.guildId, parts)).some((words) =>
    heard.includes(words),
  );
  if (isTold || finish !== 'cancelled') write(progress.aside, { channel, parts });
}
