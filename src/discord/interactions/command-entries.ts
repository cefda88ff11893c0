import type { Command, CommandGroup, MessageCommand } from '#src/features/command.ts';
import { formatText } from '#src/texts/texts.ts';

/** Command behind one name after the slash, or in the menu of a message. */
export type CommandEntry = Command | CommandGroup | MessageCommand;

/** Every command by its typed words, as in `privacy status`, or by its entry in a menu. */
export function indexCommandsByLine(
  slashes: readonly CommandEntry[],
): ReadonlyMap<string, Command> {
  const table = new Map<string, Command>();
  for (const slash of slashes) {
    if ('label' in slash) table.set(getMenuName(slash), toCommand(slash));
    else if (!('commands' in slash)) table.set(slash.name, slash);
    else
      for (const command of slash.commands)
        table.set(`${slash.name} ${command.name}`, command);
  }
  return table;
}

/** Name under which Discord keeps a command. */
export function getRegisteredName(entry: CommandEntry): string {
  return 'label' in entry ? getMenuName(entry) : entry.name;
}

/** Name of a menu command at Discord, which shows it in the viewer's language. */
export function getMenuName({ label }: MessageCommand): string {
  return formatText(label);
}

function toCommand(menu: MessageCommand): Command {
  return {
    name: getMenuName(menu),
    description: menu.label,
    options: [],
    shownTo: menu.shownTo,
    longestMs: menu.longestMs,
    run: (call, ports) => menu.run(call, ports),
  };
}
