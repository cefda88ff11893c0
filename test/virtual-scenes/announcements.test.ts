import { modelAnswer, modelTranslation } from './scene-answers.ts';
import type { SceneStage } from './scene-stage.ts';
import type { SceneStep, VirtualScenes } from './scene-types.ts';
import { playVirtualScenes } from './virtual-scene-tests.ts';

const listWrittenLines = ({ captionChats }: SceneStage) =>
  [...captionChats.chats.values()].flatMap(({ texts }) => texts).join('\n');
const getStatus = ({ world }: SceneStage) => world.status.last;
const isPanelTrue = (stage: SceneStage) =>
  stage.world.panel.last.includes('I only write captions now.') ===
  listWrittenLines(stage).includes('The dog sleeps in the sun');

const seated: readonly SceneStep[] = [
  { Ben: { joins: 'Lounge' } },
  { Adam: { calls: 'Lounge' } },
];

const captionScenes: VirtualScenes = {
  'captions are announced, written, and shown in the status': {
    steps: [
      ...seated,
      { Adam: { runs: '/captions on' } },
      { passes: 5_000 },
      { Adam: { says: 'The dog sleeps in the sun' } },
      { passes: 3_000 },
      { see: listWrittenLines, has: ['Captions are on', 'The dog sleeps in the sun'] },
      { see: getStatus, has: 'captions on' },
    ],
  },
  'captions are not announced while the money of the server is used': {
    steps: [
      ...seated,
      { money: 'used' },
      { Adam: { runs: '/captions on' } },
      { passes: 5_000 },
      { Adam: { says: 'The dog sleeps in the sun' } },
      { passes: 3_000 },
      { see: listWrittenLines, lacks: 'The dog sleeps in the sun' },
      { see: getStatus, lacks: 'captions on' },
    ],
  },
  'captions stop being shown once the money of the server is used': {
    steps: [
      ...seated,
      { Adam: { runs: '/captions on' } },
      { passes: 5_000 },
      { money: 'used' },
      { passes: 65_000 },
      { Adam: { says: 'The dog sleeps in the sun' } },
      { see: getStatus, lacks: 'captions on' },
    ],
  },
  'in captions mode after /captions off the panel says that captions are written only if they are':
    {
      steps: [
        ...seated,
        { Adam: { runs: '/join mode:captions' } },
        { Adam: { runs: '/captions off' } },
        { Adam: { runs: '/join mode:captions' } },
        { passes: 3_000 },
        { Adam: { says: 'The dog sleeps in the sun' } },
        { passes: 3_000 },
        { see: isPanelTrue, is: true },
      ],
    },
  'the panel and the status show nobody as heard while the money of the server is used':
    {
      steps: [
        ...seated,
        { money: 'used' },
        { passes: 65_000 },
        { Adam: { says: 'The dog sleeps in the sun' } },
        { see: getStatus, lacks: /listens to [1-9]/ },
      ],
    },
  'the panel and the status show nobody as heard in addressing off': {
    steps: [
      ...seated,
      { Olga: { sets: ['addressing', 'off'] } },
      { passes: 2_000 },
      { Adam: { says: 'The dog sleeps in the sun', isHeard: false } },
      { see: getStatus, lacks: /listens to [1-9]/ },
    ],
  },
  'who said no is not captioned': {
    policy: 'notice',
    steps: [
      ...seated,
      { Adam: { runs: '/captions on' } },
      { Ben: { presses: 'consent.never' } },
      { passes: 5_000 },
      { Ben: { says: 'My words are my own', isHeard: false } },
      { passes: 3_000 },
      { see: listWrittenLines, lacks: 'My words are my own' },
    ],
  },
};

playVirtualScenes(captionScenes);

/** Ben sits there, heard; Adam has called the bot, and has both interpreted. */
const interpreted: readonly SceneStep[] = [
  { Ben: { joins: 'Lounge', runs: '/privacy allow' } },
  { Adam: { calls: 'Lounge' } },
  { Adam: { runs: '/interpret on first:en second:de' } },
  { passes: 30_000 },
];
const saidAgain = { hears: { has: modelTranslation } } as const;
const notSaidAgain = { hears: { lacks: modelTranslation } } as const;
const later = { passes: 4_000 } as const;

const interpretingScenes: VirtualScenes = {
  'what one says is said again for the others, and nobody answers it': {
    steps: [
      ...interpreted,
      {
        Ben: {
          says: 'The bird sits on the roof of the house',
          hears: { has: modelTranslation, lacks: modelAnswer },
        },
      },
    ],
  },
  'a question for the bot is answered, and not interpreted': {
    steps: [
      ...interpreted,
      {
        Ben: {
          says: 'Nova, which bird sits on the roof?',
          hears: { has: modelAnswer, lacks: modelTranslation },
        },
      },
    ],
  },
  'who said no is not interpreted, and is again after their own yes': {
    steps: [
      ...interpreted,
      { Ben: { presses: 'consent.never' } },
      { Ben: { says: 'The bird sits on the roof', isHeard: false, ...notSaidAgain } },
      { Ben: { presses: 'consent.always' } },
      { Ben: { says: 'The bird sits on the roof', ...saidAgain } },
    ],
  },
  'who is left out is heard, and not interpreted': {
    steps: [
      ...interpreted,
      { Ben: { presses: 'captions.leave_out' } },
      { Ben: { says: 'The bird sits on the roof', ...notSaidAgain } },
    ],
  },
  'it goes on after a restart, and ends for all by anybody': {
    steps: [
      ...interpreted,
      { bot: 'restarts' },
      later,
      { Ben: { says: 'The bird sits on the roof', ...saidAgain } },
      { Ben: { runs: '/interpret off' } },
      later,
      { Ben: { says: 'The bird sits on the roof', ...notSaidAgain } },
    ],
  },
  'without money of the server nothing is interpreted': {
    steps: [
      ...interpreted,
      { money: 'used' },
      { Ben: { says: 'The bird sits on the roof', ...notSaidAgain } },
    ],
  },
};

playVirtualScenes(interpretingScenes);

/** Ben sits there, heard; Adam has called the bot, and the owner has arrivals said. */
const announced: readonly SceneStep[] = [
  { Ben: { joins: 'Lounge', runs: '/privacy allow' } },
  { Adam: { calls: 'Lounge' } },
  { Olga: { sets: ['arrivals', 'names'] } },
  { passes: 15_000 },
];
const come = { passes: 5_000 } as const;
const listVoices = (stage: {
  readonly world: {
    readonly lines: readonly { readonly kind: string; readonly text: string }[];
  };
}) =>
  stage.world.lines
    .flatMap(({ kind, text }) => (kind === 'voice' ? text : []))
    .join(' ');

const arrivalScenes: VirtualScenes = {
  'who comes is said by name': {
    steps: [
      ...announced,
      { Cleo: { joins: 'Lounge' } },
      come,
      { see: listVoices, has: 'Cleo is here.' },
      { Ben: { leaves: true } },
      { passes: 20_000 },
      { see: listVoices, has: 'Ben has left.' },
    ],
  },
  'who said no is not named, neither as they come nor as they leave': {
    steps: [
      ...announced,
      { Cleo: { runs: '/privacy deny' } },
      { Cleo: { joins: 'Lounge' } },
      { Ben: { presses: 'consent.never' } },
      { passes: 30_000 },
      { Ben: { leaves: true } },
      { Cleo: { leaves: true } },
      { passes: 30_000 },
      { see: listVoices, lacks: /Ben|Cleo/ },
    ],
  },
};

playVirtualScenes(arrivalScenes);
