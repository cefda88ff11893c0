// Does it cut people off, and does it keep them waiting? npm run bench:turns (virtual time, about half a minute).

import { table } from '#test/bench/table.ts';
import { readScenes } from './clips.ts';
import { type Noise, noises } from './noises.ts';
import { figuresOf, figuresTable, targetLine, worstScenes } from './report.ts';
import { judgeAll, listenToNoise, openWorkshop, playScenes, type Way } from './runs.ts';

const ways: readonly Way[] = ['no text', 'text', 'text, person known'];
const noiseSeconds = 150;

const workshop = await openWorkshop();
const sounds = await playScenes(await readScenes(), workshop);
const byWay = new Map(ways.map((way) => [way, judgeAll(sounds, way, workshop)] as const));
const withText = byWay.get('text') ?? [];
console.log('Ends of turns on virtual time; milliseconds since the end of the last word');
console.log(figuresTable(byWay));
console.log(targetLine(figuresOf(withText)));
console.log('\nCut off, then kept waiting longest, with texts');
console.log(worstScenes(withText, 10));

const kinds = Object.keys(noises) as Noise[];
const heard = kinds.map((kind) => [kind, listenToNoise(kind, noiseSeconds, workshop)] as const);
const turns = heard.reduce((sum, [, counts]) => sum + counts.turns, 0);
console.log(`\nNobody speaks, open microphone, ${noiseSeconds} s of each`);
console.log(
  table(
    ['noise', 'dBFS', 'ended', 'false turns'],
    heard.map(([kind, counts]) => [
      kind,
      counts.levelDb.toFixed(0),
      `${counts.ended}`,
      `${counts.turns}`,
    ]),
  ),
);
console.log(
  `target: at most 1 false turn in 10 minutes: ${turns <= 1 ? 'met' : `NOT MET, ${turns}`}`,
);
