import type { TextLine } from '#src/texts/texts.ts';

/** How people begin to talk to the bot in its channel; `company`: number of people there, bots left out. */
export function joinedLine(
  company: number,
  isAsking: boolean,
  names: { readonly channel: string; readonly bot: string },
): TextLine {
  if (company <= 1) return { id: 'join.ok', with: { channel: names.channel } };
  return { id: isAsking ? 'join.ok.ask' : 'join.ok.several', with: names };
}

/** Whether the number of people in the channel, and their consent, decide about this line. */
export function isJoinedLine({ id }: TextLine): boolean {
  return id === 'join.ok' || id === 'join.ok.several' || id === 'join.ok.ask';
}
