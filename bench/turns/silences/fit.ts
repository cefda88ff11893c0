// Makes the weights of the fitted rows out of the tuning half: npm run node -- bench/turns/silences/fit.ts (two minutes).
import { writeFile } from 'node:fs/promises';
import { openWorkshop } from '#bench/turns/runs.ts';
import { allTurns } from './all-turns.ts';
import { fitModels, fittedPath } from './fitted.ts';
import { silenceTurn } from './scored-turns.ts';

const workshop = await openWorkshop();
const tuning = (await allTurns(workshop)).filter(({ half }) => half === 'tuning');
const models = fitModels(tuning.map((turn) => silenceTurn(turn.sound, turn, workshop)));
await writeFile(fittedPath, `${JSON.stringify(models)}\n`);
console.log(`${tuning.length} turns of the tuning half`);
