// Is everybody answered in their own language and voice? npm run bench:languages [-- --scenes 400] (virtual time, some minutes).
import { parseArgs } from 'node:util';
import { targetTable } from '#bench/manners/report.ts';
import { peopleOf } from '#bench/manners/room.ts';
import { answerDelays } from './answer-delays.ts';
import { ngramsCost } from './ngrams-memory.ts';
import { crowd, playScenes } from './play-scenes.ts';
import { delayLine, sceneLines } from './report.ts';
import { benchLanguages, languageScenes } from './scenes.ts';

const { values: options } = parseArgs({ options: { scenes: { type: 'string', default: '400' } } });
const personIds = peopleOf(crowd).map(({ id }) => id);
const scenes = languageScenes(Number(options.scenes), personIds);
const half = Math.ceil(scenes.length / 2);

const { bytes, loadMs } = await ngramsCost();
const delays = await answerDelays(scenes.flatMap(({ turns }) => turns));
const lines = [
  ...sceneLines('it tells', await playScenes(scenes.slice(0, half), true)),
  ...sceneLines('it does not', await playScenes(scenes.slice(half), false)),
  delayLine(delays),
];
console.log(
  `${scenes.length} scenes of ${crowd} people in ${benchLanguages.length} languages; half with a recogniser that tells the language\n`,
);
console.log(targetTable(lines));
console.log(
  `\nn-grams of texts: ${(bytes / 2 ** 20).toFixed(1)} MB once asked for, ${loadMs.toFixed(0)} ms to load`,
);
for (const { what, misses, met } of lines) {
  if (misses.length > 0) console.log(`\n${what}${met ? '' : ', NOT MET'}`);
  for (const miss of misses) console.log(`  ${miss}`);
}
process.exitCode = lines.every(({ met }) => met) ? 0 : 1;
