import { notInChannel, nowhere } from '#commands/rights.ts';
import type { Command } from '#src/features/contract/command.ts';
import type { TextLine } from '#src/texts/texts.ts';

export const off: Command = {
  name: 'off',
  description: 'command.captions.off',
  shownTo: 'room',
  options: [],
  async run(call, { features, sessions }) {
    const barred = notInChannel(call, sessions);
    if (barred) return [barred];
    const turned = await features.captions.turnOff(call.guildId);
    if (turned.kind === 'nowhere') return [nowhere];
    if (turned.kind === 'already') return [{ id: 'captions.off', to: 'caller' }];
    const lines: readonly TextLine[] = turned.saved ? [] : [{ id: 'voice.unsaved' }];
    return [{ id: 'captions.off', to: 'room', lines, buttons: ['captions.transcript'] }];
  },
};
