import { realClock } from '#src/base/clock.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { inPieces, soundOf } from '#test/sources/sounds.ts';

/** A bot whose decoder hangs for as long as it lives, which a test at the port of its one argument is told of. */
const [port] = process.argv.slice(2);
const entry = new URL('./obedient-decoder.ts', import.meta.url);
const decoding = new Decoding({ clock: realClock, entry, stepMs: 60_000 });
for (const words of [`call ${port}`, 'hang'])
  await soundOf(decoding, inPieces(Buffer.from(words), 99));
