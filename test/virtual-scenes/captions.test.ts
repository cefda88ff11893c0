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
