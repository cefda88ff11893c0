import type { CommandGroup } from '#src/session/ports/command.ts';
import { addressing } from './addressing.ts';
import { check } from './check.ts';
import { pipeline } from './pipeline.ts';
import { set } from './set.ts';
import { view } from './view.ts';

export const settings: CommandGroup = {
  name: 'settings',
  description: 'command.settings',
  commands: [view, set, check, pipeline, addressing],
};
