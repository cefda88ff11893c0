import { speakable } from '#src/chat/text/speakable.ts';
import type { SessionDependencies } from '#src/conversation/dependencies.ts';
import { visibleLine } from '#src/texts/visible-line.ts';

/** A person whom the bot names. */
export type NamedPerson = { readonly id: string; readonly name: string };

/** A person's name as the bot says it: as they have set it for themselves, else as it is shown; empty where that is no word. */
export function spokenNameOf(
  { id, name }: NamedPerson,
  guildId: string,
  { peopleSettings }: SessionDependencies,
): string {
  const { spokenName = name } = peopleSettings.known(guildId, id);
  return speakable(visibleLine(spokenName));
}
