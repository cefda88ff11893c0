import { closest } from '#commands/closest-names.ts';
import { ifManaging } from '#commands/rights.ts';
import type { Command } from '#src/features/contract/command.ts';
import { maxInstructionsChars } from '#src/settings/guild-settings.ts';
import { saveAndShow } from './panel-presses.ts';

export const set: Command = {
  name: 'set',
  description: 'command.settings.set',
  shownTo: 'caller',
  isForEverybody: true,
  needsManageServer: true,
  options: [
    {
      name: 'key',
      description: 'command.settings.set.key',
      required: true,
      kind: 'text',
      maxChars: 100,
      suggest: async (typed, _call, { features }) => closest(typed, features.settings.keys),
    },
    {
      name: 'value',
      description: 'command.settings.set.value',
      required: true,
      kind: 'text',
      maxChars: maxInstructionsChars + 1, // one more shows that it is too long
      suggest: async (typed, { words }, { features }) =>
        closest(typed, features.settings.values(words.key ?? '')),
    },
  ],
  run: ifManaging(async (call, ports) => {
    const { key = '', value = '' } = call.words;
    return [await saveAndShow(key.trim().toLowerCase(), value, call, ports)];
  }),
};
