import type { CommandShape, OptionShape } from '#src/console/sandbox-lines.ts';

/** Something of type text, unless `more` says otherwise. */
function option(name: string, more: Partial<OptionShape> = {}): OptionShape {
  const plain = { type: 3, required: false, autocomplete: false, choices: [], options: [] };
  return { name, ...plain, ...more };
}

function choices(...values: readonly string[]): Pick<OptionShape, 'choices'> {
  return { choices: values.map((value) => ({ name: value, value })) };
}

/** Commands as a bot might register them. */
export const shapes: readonly CommandShape[] = [
  { name: 'join', options: [option('channel', { type: 7 })] },
  { name: 'leave', options: [] },
  {
    name: 'say',
    options: [
      option('text', { required: true }),
      option('voice', { autocomplete: true }),
      option('when', choices('now', 'queue')),
    ],
  },
  { name: 'stop', options: [option('what', choices('speech', 'sounds', 'everything'))] },
  {
    name: 'privacy',
    options: [
      option('status', { type: 1 }),
      option('allow', { type: 1, options: [option('for', choices('always', 'today'))] }),
    ],
  },
];

/** Commands that change the settings of a server. */
export const settings: readonly CommandShape[] = [
  {
    name: 'settings',
    options: [
      option('view', { type: 1 }),
      option('set', {
        type: 1,
        options: [
          option('key', { required: true, autocomplete: true }),
          option('value', { required: true, autocomplete: true }),
        ],
      }),
      option('pipeline', {
        type: 1,
        options: [option('to', { required: true, ...choices('chained', 'realtime') })],
      }),
    ],
  },
];

/** A sound is put on a track. */
export const track: readonly CommandShape[] = [
  {
    name: 'track',
    options: [
      option('play', {
        type: 1,
        options: [
          option('sound', { autocomplete: true }),
          option('volume', { type: 4 }),
          option('loop', { type: 5 }),
        ],
      }),
    ],
  },
];
