import { notInChannel, nowhere } from '#commands/rights.ts';
import type { Command } from '#src/conversation/command.ts';
import { CaptionRequests } from '#src/features/captions/caption-requests.ts';
import type { TextLine } from '#src/texts/texts.ts';

export const off: Command = {
  name: 'off',
  description: 'command.captions.off',
  shownTo: 'room',
  options: [],
  async run(call, { port, sessions }) {
    const barred = notInChannel(call, sessions);
    if (barred) return [barred];
    const turned = await port(CaptionRequests).turnOff(call.guildId);
    if (turned.kind === 'nowhere') return [nowhere];
    if (turned.kind === 'already') return [{ id: 'captions.off', to: 'caller' }];
    const lines: readonly TextLine[] = turned.saved ? [] : [{ id: 'voice.unsaved' }];
    return [{ id: 'captions.off', to: 'room', lines, buttons: ['captions.transcript'] }];
  },
};
