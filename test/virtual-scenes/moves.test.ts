import type { SceneStage } from './scene-stage.ts';
import type { SceneStep, VirtualScenes } from './scene-types.ts';
import { playVirtualScenes } from './virtual-scene-tests.ts';

const secret = 'The party for Carol is on Friday. '.repeat(10).trim();

/** Carol may not open the Den, where Adam and Ben sit with the bot. */
const seated: readonly SceneStep[] = [
  { Carol: { joins: 'Lounge' } },
  { Ben: { joins: 'Den' } },
  { Adam: { calls: 'Den' } },
];

/** Frames that left since the last move. */
function listMovedFrames({ nowMs, world }: SceneStage) {
  const movedMs = world.botSeat.getSinceMs(nowMs);
  return world.sounds.filter(({ atMs }) => atMs > movedMs);
}
const hasVoice = (stage: SceneStage) =>
  listMovedFrames(stage).some(({ text }) => text !== undefined);
const hasMusic = (stage: SceneStage) =>
  listMovedFrames(stage).filter(({ number }) => number === undefined).length > 40;

/** What the panel and people of the Lounge read since the bot is there. */
function listReadInLounge({ world }: SceneStage) {
  const lines = world.lines.filter(({ names }) => names.includes('Carol'));
  return [world.panel.last, ...lines.map(({ text }) => text)].join('\n');
}

const scenes: VirtualScenes = {
  'a text on a track stays behind as the bot is moved, and music behind it goes on': {
    isDenClosed: true,
    steps: [
      ...seated,
      { Adam: { runs: `/say text:${secret} track:bg` } },
      { Adam: { runs: `/say text:${secret} track:party` } },
      { Adam: { runs: '/track play sound:rain track:bg' } },
      { passes: 2_000 },
      { moves: 'Lounge' },
      { passes: 5_000 },
      { see: hasVoice, is: false },
      { see: hasMusic, is: true },
      { see: listReadInLounge, has: 'bg', lacks: ['party', 'Friday'] },
      {
        Carol: { runs: '/track list', reads: { has: 'bg', lacks: ['party', 'Adam'] } },
      },
    ],
  },
  'a paused text does not come back after a move': {
    isDenClosed: true,
    steps: [
      ...seated,
      { Adam: { runs: `/say text:${secret} track:bg` } },
      { passes: 1_000 },
      { Adam: { runs: '/track pause track:bg' } },
      { moves: 'Lounge' },
      { Carol: { runs: '/track resume track:bg' } },
      { passes: 3_000 },
      { see: hasVoice, is: false },
    ],
  },
  'a text that is being said, and one that waits, end as the bot is moved': {
    isDenClosed: true,
    steps: [
      ...seated,
      { Adam: { runs: `/say text:${secret}` } },
      { Ben: { runs: `/say text:${secret}` } },
      { passes: 2_000 },
      { moves: 'Lounge' },
      { passes: 5_000 },
      { see: hasVoice, is: false },
    ],
  },
  'an answer that is being said ends as the bot is moved': {
    isDenClosed: true,
    steps: [
      ...seated,
      { Adam: { says: 'Nova, what time is it?' } },
      { moves: 'Lounge' },
      { passes: 5_000 },
      { see: hasVoice, is: false },
    ],
  },
  'moved between channels that the same people may open, a text on a track goes on': {
    steps: [
      ...seated,
      { Adam: { runs: `/say text:${secret} track:bg` } },
      { passes: 2_000 },
      { moves: 'Lounge' },
      { see: hasVoice, is: true },
    ],
  },
};

playVirtualScenes(scenes);
