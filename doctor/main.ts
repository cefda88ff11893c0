import '#src/base/help/program-help.mjs';
import { realClock } from '#src/base/clock.ts';
import { loadDotEnv } from '#src/config/dot-env.ts';
import { runDoctor } from './doctor.ts';

/** A local server may load a model of some GB first. */
const deadlineMs = 60_000;

const hasReadDotEnv = loadDotEnv(console.error);
const printLine = (line: string) => console.log(line);
const args = process.argv.slice(2);
const interruption = new AbortController();
// The first signal lets a live check leave its channel. The second ends the process.
if (args.some((arg) => arg.startsWith('--live')))
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => interruption.abort(new Error(`ended by ${name}`)));
const { signal } = interruption;
process.exitCode = hasReadDotEnv
  ? await runDoctor(args, { clock: realClock, deadlineMs, print: printLine, signal })
  : 78;
// A library may leave a timer or socket open.
setTimeout(() => process.exit(), 1_000).unref();
