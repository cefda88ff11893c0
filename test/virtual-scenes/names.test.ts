import type { SceneStage } from './scene-stage.ts';
import { playVirtualScenes } from './virtual-scene-tests.ts';

const listPaidWords = ({ world }: SceneStage) =>
  world.sayings.filter(({ isRecognised }) => isRecognised).map(({ text }) => text);

playVirtualScenes({
  'where only who names the bot is answered, the paid recogniser gets only what may be for it':
    {
      steps: [
        { Olga: { sets: ['addressing', 'name'] } },
        { Adam: { calls: 'Lounge' } },
        { Ben: { joins: 'Lounge', presses: 'consent.always' } },
        { passes: 20_000 },
        { Ben: { says: 'What do you make of it, Adam?' } },
        { passes: 5_000 },
        { Adam: { says: 'I would rather wait until all of the others are here' } },
        { passes: 5_000 },
        { see: listPaidWords, is: [] },
        { Ben: { says: 'What time is it now, Nova?' } },
        { passes: 20_000 },
        { see: listPaidWords, is: ['What time is it now, Nova?'] },
        { Ben: { runs: '/captions on' } },
        { passes: 20_000 },
        { Ben: { says: 'Then let us begin without them' } },
        { passes: 5_000 },
        {
          see: listPaidWords,
          is: ['What time is it now, Nova?', 'Then let us begin without them'],
        },
      ],
    },
});
