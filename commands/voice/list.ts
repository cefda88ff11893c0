import type { Command } from '#src/features/contract/command.ts';

/** Longest list that is shown in the reply itself; a longer one is a file. */
const longestShownChars = 1_000;

export const list: Command = {
  name: 'list',
  description: 'command.voice.list',
  shownTo: 'caller',
  options: [],
  async run(_call, { features }) {
    const names = await features.voices.names();
    if (names.length === 0) return [{ id: 'voice.list.unknown', to: 'caller' }];
    const all = names.join(', ');
    if (all.length <= longestShownChars)
      return [{ id: 'voice.list', with: { voices: all }, to: 'caller' }];
    const files = [{ name: 'voices.txt', text: `${names.join('\n')}\n` }];
    return [{ id: 'list.file', with: { n: names.length }, to: 'caller', files }];
  },
};
