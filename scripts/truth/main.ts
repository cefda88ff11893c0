// npm run truth -- record FOLDER [--only KIND,...] [--seeds N] [--runs N]
// npm run truth -- compare FOLDER FOLDER
import { parseArgs } from 'node:util';
import { compareFolders } from './compare.ts';

const usage = `npm run truth -- record FOLDER [--only KIND,...] [--seeds N] [--runs N]
npm run truth -- compare FOLDER FOLDER`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    seeds: { type: 'string', default: '200' },
    runs: { type: 'string', default: '1' },
  },
});
const [mode, one, other] = positionals;
if (mode === 'record' && one !== undefined) {
  const { kindNames, record } = await import('./record.ts');
  const only = values.only?.split(',');
  const unknown = only?.filter((kind) => !kindNames.includes(kind)) ?? [];
  if (unknown.length > 0)
    throw new Error(`Kinds are ${kindNames.join(', ')}, not ${unknown.join(', ')}`);
  await record(one, { only, seeds: Number(values.seeds), runs: Number(values.runs) });
  process.exit(); // whatever a library still holds open
} else if (mode === 'compare' && one !== undefined && other !== undefined) {
  const found = await compareFolders(one, other);
  for (const line of found) console.log(line);
  console.log(`${found.length} differences`);
  if (found.length > 0) process.exitCode = 1;
} else {
  console.error(usage);
  process.exitCode = 2;
}
