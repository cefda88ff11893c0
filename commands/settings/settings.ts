import type { CommandGroup } from '#src/features/contract/command.ts';
import { check } from './check.ts';
import { set } from './set.ts';
import { view } from './view.ts';

export const settings: CommandGroup = {
  name: 'settings',
  description: 'command.settings.view',
  help: {
    topic: 'settings',
    command: 'settings view',
    for: 'manager',
    line: () => ({ id: 'help.settings' }),
  },
  commands: [view, set, check],
};
