import type { Command, CommandGroup, MessageCommand } from '#src/features/command.ts';
import { formatText } from '#src/texts/texts.ts';

export type CommandEntry = Command | CommandGroup | MessageCommand;

/**
 * Maps typed words such as `privacy status`, and names of menu entries, to commands.
 */
export function indexCommandsByLine(
  slashes: readonly CommandEntry[],
): ReadonlyMap<string, Command> {
  const table = new Map<string, Command>();
  for (const slash of slashes) {
    const name = getRegisteredName(slash);
    if ('label' in slash)
      table.set(name, { ...slash, name, description: slash.label, options: [] });
    else if (!('commands' in slash)) table.set(name, slash);
    else
      for (const command of slash.commands)
        table.set(`${name} ${command.name}`, command);
  }
  return table;
}

export function getRegisteredName(entry: CommandEntry): string {
  return 'label' in entry ? formatText(entry.label) : entry.name;
}
