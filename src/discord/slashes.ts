import type { Command, CommandGroup } from '#src/session/command.ts';

/** What stands behind one name after the slash. */
export type Slash = Command | CommandGroup;

/** Every command by the words people type, as in `privacy status`. */
export function byLine(slashes: readonly Slash[]): ReadonlyMap<string, Command> {
  const table = new Map<string, Command>();
  for (const slash of slashes) {
    if (!('commands' in slash)) table.set(slash.name, slash);
    else for (const command of slash.commands) table.set(`${slash.name} ${command.name}`, command);
  }
  return table;
}
