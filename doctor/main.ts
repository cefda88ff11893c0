import { realClock } from '#src/base/clock.ts';
import { loadDotEnv } from '#src/config/dot-env.ts';
import { runDoctor } from './doctor.ts';

/** A model that was not used for long is loaded in here. */
const deadlineMs = 60_000;

const isRead = loadDotEnv(console.error);
const print = (line: string) => console.log(line);
const args = process.argv.slice(2);
const over = new AbortController();
// A live check leaves its channel first; a second signal ends the process at once.
if (args.some((arg) => arg.startsWith('--live')))
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => over.abort(new Error(`ended by ${name}`)));
const { signal } = over;
process.exitCode = isRead
  ? await runDoctor(args, { clock: realClock, deadlineMs, print, signal })
  : 78;
// Whatever a library still holds open must not keep an ended program alive.
setTimeout(() => process.exit(), 1_000).unref();
