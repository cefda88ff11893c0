import { realClock } from '#src/base/clock.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { cutInPieces, decodeSound } from '#test/sources/source-sounds.ts';

/** A bot whose decoder hangs for as long as it lives, which a test at the port of its one argument is told of. */
const [port] = process.argv.slice(2);
const decoderEntry = new URL('./obedient-decoder.ts', import.meta.url);
const doomedDecoding = new Decoding({
  clock: realClock,
  entry: decoderEntry,
  stepMs: 60_000,
});
for (const text of [`call ${port}`, 'hang'])
  await decodeSound(doomedDecoding, cutInPieces(Buffer.from(text), 99));
