import { fieldsOf } from '#src/base/json.ts';
import { readTranslations } from '#src/texts/texts.ts';
import { bodyOf } from './registration-body.ts';
import type { CommandEntry } from './slashes.ts';

/** Commands as Discord takes them, for all servers. */
export function commandBodies(commands: readonly CommandEntry[]) {
  const translations = readTranslations();
  return commands.map((command) => bodyOf(command, translations));
}

/** Ids of registered commands, by which messages link them, by name; from Discord's list of them. */
export function commandIdsIn(list: unknown): ReadonlyMap<string, string> {
  const all = Array.isArray(list) ? list.map(fieldsOf) : [];
  return new Map(all.map(({ id, name }) => [`${name}`, `${id}`]));
}
