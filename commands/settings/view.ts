import type { Command } from '#src/features/contract/command.ts';
import { openPanel } from './panel-presses.ts';

export const view: Command = {
  name: 'view',
  description: 'command.settings.view',
  shownTo: 'caller',
  isForEverybody: true,
  needsManageServer: true,
  options: [],
  run: openPanel,
};
