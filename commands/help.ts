import type { Command } from '#src/conversation/command.ts';
import { features } from '#src/features/features.ts';
import { isMachineMade, type PlainTextId } from '#src/texts/texts.ts';
import { closest } from './closest-names.ts';

/** Each topic with its one sentence; those of features come last. */
const topics: Readonly<Record<string, PlainTextId>> = {
  start: 'help.start',
  ask: 'help.ask',
  voice: 'help.voice',
  words: 'help.words',
  stop: 'help.stop',
  tracks: 'help.tracks',
  privacy: 'help.privacy',
  stats: 'help.stats',
  settings: 'help.settings',
  trouble: 'help.trouble',
  ...Object.fromEntries(features.flatMap(({ name, help }) => (help ? [[name, help]] : []))),
};
const names = Object.keys(topics);

export const help: Command = {
  name: 'help',
  description: 'command.help',
  shownTo: 'caller',
  isForEverybody: true,
  options: [
    {
      name: 'topic',
      description: 'command.help.topic',
      kind: 'text',
      maxChars: 100,
      suggest: async (typed) => closest(typed, names),
    },
  ],
  async run({ callerLocale, words }) {
    const topic = words.topic?.trim().toLowerCase() ?? '';
    const id = Object.hasOwn(topics, topic) ? topics[topic] : undefined;
    if (id) return [{ id, to: 'caller', buttons }];
    if (topic !== '') {
      return [
        { id: 'help.unknown', with: { topic, topics: names.join(', ') }, to: 'caller', buttons },
      ];
    }
    const [first = 'help.start', ...rest] = Object.values(topics);
    const machine = isMachineMade(callerLocale) ? (['help.machine'] as const) : [];
    const lines = [...rest, ...machine].map((id) => ({ id }));
    return [{ id: first, to: 'caller', lines, buttons }];
  },
};

const buttons = ['try.join', 'try.privacy', 'try.stats'] as const;
