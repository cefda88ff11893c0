import { realClock } from '#src/base/clock.ts';
import { loadDotEnv } from '#src/config/config.ts';
import { runDoctor } from './doctor.ts';

/** A model that was not used for long is loaded in here. */
const deadlineMs = 60_000;

loadDotEnv();
const print = (line: string) => console.log(line);
process.exitCode = await runDoctor(process.argv.slice(2), { clock: realClock, deadlineMs, print });
// Whatever a library still holds open must not keep an ended program alive.
setTimeout(() => process.exit(), 1_000).unref();
