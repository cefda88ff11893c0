import {
  isSoundMissing,
  type SoundGate,
  type SoundGateEvent,
  stepSoundGate,
} from '#page/room/sound/sound-gate.js';

const [load, press, returned, waited] = (
  ['load', 'press', 'returned', 'waited'] as const
).map((kind): SoundGateEvent => ({ kind })) as [
  SoundGateEvent,
  SoundGateEvent,
  SoundGateEvent,
  SoundGateEvent,
];
const changeContext = (state: string): SoundGateEvent => ({ kind: 'context', state });

/** The last state after events, and how often the browser was asked to play. */
function passGate(...events: readonly SoundGateEvent[]): [SoundGate, number] {
  let gate: SoundGate = 'new';
  let askedCount = 0;
  for (const event of events) {
    const [next, effect] = stepSoundGate(gate, event);
    gate = next;
    if (effect) askedCount++;
  }
  return [gate, askedCount];
}

test.for<[string, readonly SoundGateEvent[], SoundGate, number]>([
  [
    'a browser that lets pages sound begins by itself',
    [load, changeContext('running'), waited],
    'running',
    1,
  ],
  [
    'one that blocks them waits for a press',
    [load, changeContext('suspended'), waited],
    'blocked',
    1,
  ],
  [
    'a press ends the block',
    [load, waited, press, changeContext('running')],
    'running',
    2,
  ],
  [
    'each press asks the browser again until it plays',
    [load, press, press, press],
    'pressed',
    4,
  ],
  ['a press where no loudspeaker is is in vain', [load, press, waited], 'silent', 2],
  [
    'a loudspeaker that comes later plays',
    [load, press, waited, returned, changeContext('running')],
    'running',
    3,
  ],
  [
    'a call in Safari interrupts',
    [load, changeContext('running'), changeContext('interrupted')],
    'interrupted',
    1,
  ],
  [
    'its end may leave the sound suspended',
    [
      load,
      changeContext('running'),
      changeContext('interrupted'),
      changeContext('suspended'),
    ],
    'interrupted',
    1,
  ],
  [
    'who comes back to the page hears without a press where the browser allows it',
    [
      load,
      changeContext('running'),
      changeContext('interrupted'),
      returned,
      changeContext('running'),
    ],
    'running',
    2,
  ],
  [
    'while it plays nothing is asked',
    [load, changeContext('running'), press, returned, waited],
    'running',
    1,
  ],
])('%s', ([, events, gate, asked]) => {
  expect(passGate(...events)).toEqual([gate, asked]);
});

test('somebody has to press in exactly the states in which a press helps', () => {
  const gates = [
    'new',
    'asked',
    'blocked',
    'pressed',
    'running',
    'interrupted',
    'silent',
  ] as const;
  expect(gates.filter(isSoundMissing)).toEqual(['blocked', 'interrupted', 'silent']);
});
