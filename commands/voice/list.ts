import type { Command } from '#src/session/ports/command.ts';

/** Longest list that is shown in the reply itself; a longer one is a file. */
const longestShownChars = 1_000;

export const list: Command = {
  name: 'list',
  description: 'command.voice.list',
  shownTo: 'caller',
  options: [],
  async run(_call, { talk }) {
    const voices = talk.voices();
    if (voices.length === 0) return [{ id: 'voice.list.unknown', to: 'caller' }];
    const all = voices.join(', ');
    if (all.length <= longestShownChars)
      return [{ id: 'voice.list', with: { voices: all }, to: 'caller' }];
    const files = [{ name: 'voices.txt', text: `${voices.join('\n')}\n` }];
    return [{ id: 'voice.list.file', with: { n: voices.length }, to: 'caller', files }];
  },
};
