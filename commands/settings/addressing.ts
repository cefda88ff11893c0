import { notManaging } from '#commands/rights.ts';
import type { Command } from '#src/session/ports/command.ts';
import { addressingModes } from '#src/turn/addressing/addressing-windows.ts';
import { changed } from './changed.ts';

export const addressing: Command = {
  name: 'addressing',
  description: 'command.settings.addressing',
  shownTo: 'caller',
  isForEverybody: true,
  options: [
    {
      name: 'to',
      description: 'command.settings.addressing.to',
      required: true,
      kind: 'choice',
      values: addressingModes,
    },
  ],
  async run(call, { settings }) {
    const barred = notManaging(call);
    if (barred) return [barred];
    const setting = await settings.set(call.guildId, 'addressing', call.words.to ?? '');
    return changed('addressing', setting, call);
  },
};
