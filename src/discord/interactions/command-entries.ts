import type { Command, CommandGroup, MessageCommand } from '#src/features/command.ts';
import { formatText } from '#src/texts/texts.ts';

export type CommandEntry = Command | CommandGroup | MessageCommand;

/**
 * Maps typed words such as `privacy status`, and names of menu entries, to commands.
 */
export function indexCommandsByLine(
  entries: readonly CommandEntry[],
): ReadonlyMap<string, Command> {
  const commands = new Map<string, Command>();
  for (const entry of entries) {
    const name = getRegisteredName(entry);
    if ('label' in entry)
      commands.set(name, { ...entry, name, description: entry.label, options: [] });
    else if (!('commands' in entry)) commands.set(name, entry);
    else
      for (const command of entry.commands)
        commands.set(`${name} ${command.name}`, command);
  }
  return commands;
}

/** Returns the name under which Discord knows a command. A menu entry has its English label. */
export function getRegisteredName(entry: CommandEntry): string {
  return 'label' in entry ? formatText(entry.label) : entry.name;
}
