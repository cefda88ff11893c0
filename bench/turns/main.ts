// Does it cut people off, and does it keep them waiting? npm run bench -- turns (virtual time, about two minutes).
import { table } from '#bench/table.ts';
import { readScenarios } from './clips.ts';
import { type NoiseName, noises } from './noises.ts';
import { figuresTable, isMet, reachedBy, targetTable, worstScenarios } from './report.ts';
import { judgeAll, listenToNoise, openWorkshop, playScenarios, type RunKind } from './runs.ts';
import { silenceReport } from './silences/silence-report.ts';
import { answerWaiting, waitingTable } from './waiting.ts';

const ways: readonly RunKind[] = ['no text', 'text', 'text, person known'];
const noiseSeconds = 300;
/** In ten minutes of noise, both kinds together. */
const mostFalseTurns = 1;

const workshop = await openWorkshop();
const sounds = await playScenarios(await readScenarios(), workshop);
const byWay = new Map(ways.map((way) => [way, judgeAll(sounds, way, workshop)] as const));
const withText = byWay.get('text') ?? [];
console.log('Ends of turns on virtual time; milliseconds since the end of the last word');
console.log(figuresTable(byWay));
const reached = reachedBy(withText);
console.log(`\n${targetTable(reached)}`);
console.log('\nCut off, then kept waiting longest, with texts');
console.log(worstScenarios(withText, 10));

console.log(`\n${await silenceReport(workshop)}`);

console.log(
  `\nWho waits for another answer, of which one in four is stopped\n${waitingTable(await answerWaiting(1))}`,
);

const kinds = Object.keys(noises) as NoiseName[];
const heard = kinds.map((kind) => [kind, listenToNoise(kind, noiseSeconds, workshop)] as const);
const falseTurns = heard.reduce((sum, [, counts]) => sum + counts.turns, 0);
const quiet = falseTurns <= mostFalseTurns;
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
  `target: at most ${mostFalseTurns} false turn in 10 minutes: ${quiet ? 'met' : `NOT MET, ${falseTurns}`}`,
);

if (!isMet(reached) || !quiet) process.exitCode = 1;
