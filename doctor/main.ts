import { realClock } from '#src/base/clock.ts';
import { loadDotEnv } from '#src/config/dot-env.ts';
import { runDoctor } from './doctor.ts';

/** A model that was not used for long is loaded in here. */
const deadlineMs = 60_000;

const hasReadDotEnv = loadDotEnv(console.error);
const printLine = (line: string) => console.log(line);
const args = process.argv.slice(2);
const interruption = new AbortController();
// A live check leaves its channel first; a second signal ends the process at once.
if (args.some((arg) => arg.startsWith('--live')))
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => interruption.abort(new Error(`ended by ${name}`)));
const { signal } = interruption;
process.exitCode = hasReadDotEnv
  ? await runDoctor(args, { clock: realClock, deadlineMs, print: printLine, signal })
  : 78;
// Whatever a library still holds open must not keep an ended program alive.
setTimeout(() => process.exit(), 1_000).unref();
