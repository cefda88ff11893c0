import type { PickerHandler } from '#src/conversation/command.ts';
import { features } from '#src/features/features.ts';
import { panelPickers } from './settings/panel-presses.ts';

/** Handlers of all menus on messages, those in folders of features last. */
export const pickers: readonly PickerHandler[] = [
  ...panelPickers,
  ...features.flatMap((feature) => feature.pickers ?? []),
];
