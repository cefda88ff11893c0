import { panelPickers } from '#commands/settings/panel-presses.ts';
import type { PickerHandler } from '#src/features/contract/command.ts';
import { features } from '#src/features/features.ts';
import { help } from './commands.ts';

/** Handlers of all menus on messages, those in folders of features last. */
export const pickers: readonly PickerHandler[] = [
  {
    name: 'help.topic',
    isForEverybody: true,
    inPlace: true,
    run: (call, ports) => help.run({ ...call, words: { topic: call.picked?.[0] ?? '' } }, ports),
  },
  ...panelPickers,
  ...features.flatMap((feature) => feature.pickers ?? []),
];
