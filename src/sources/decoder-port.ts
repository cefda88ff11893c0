import { writeFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { FromDecoder, ToDecoder } from '#src/sources/decode/decode-messages.ts';

/**
 * Code of a thread that kills the process once its standard input is closed: the system closes it when the bot ends,
 * however that ends. A thread, since a decoder that hangs lets no other code of its own thread run.
 */
const parentWatch = `
new (require('node:net').Socket)({ fd: 0 })
  .resume()
  .on('close', () => process.kill(process.pid, 'SIGKILL'));
`;
/** Heap of that thread, in MB. */
const watchLimits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 };
/** Signals that are sent to the bot's whole group; the bot ends its decoders itself when it is done with them. */
const groupSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Opens the connection of a decoding process to the bot; returns the function that sends an answer. */
export function openDecoderPort(
  receive: (message: ToDecoder) => void,
): (answer: FromDecoder) => void {
  offerToOomKiller();
  for (const signal of groupSignals) process.on(signal, () => undefined);
  const bare = { env: {}, execArgv: [], resourceLimits: watchLimits };
  new Worker(parentWatch, { eval: true, ...bare }).unref();
  process.on('message', receive);
  flushCompileCache(); // this process is killed, not ended
  return (answer) => void process.send?.(answer, () => undefined); // the bot is gone, and so is this process
}

/** Makes the system end a decoder before the bot where memory runs out. */
function offerToOomKiller() {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // only Linux has it
  }
}
