import type { Command } from '#src/features/contract/command.ts';
import { cut } from '#src/texts/plain.ts';

/** Longest list that is shown in the reply itself; a file holds all of a longer one. */
const longestShownChars = 1_000;

export const list: Command = {
  name: 'list',
  description: 'command.voice.list',
  options: [],
  async run(_call, { features }) {
    const names = await features.voices.names();
    if (names.length === 0) return [{ id: 'voice.list.unknown' }];
    const all = names.join(', ');
    const files = [{ name: 'voices.txt', text: `${names.join('\n')}\n` }];
    const isLong = all.length > longestShownChars;
    const voices = cut(all, longestShownChars);
    return [{ id: 'voice.list', with: { voices }, ...(isLong && { files }) }];
  },
};
