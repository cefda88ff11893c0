import { BotError } from '#src/base/errors.ts';
import { serveEngine } from '#src/speech/embedded/serve-engine.ts';

let jobs = 0;

/** An engine that fails in every way there is, on request. */
await serveEngine<string, string>(async () => {
  return (input, out) => {
    jobs++;
    if (input === 'die') throw new Error('out of memory');
    if (input === 'refuse') throw new BotError('speech.unspeakable', false, 'no');
    while (input === 'hang');
    out(`${input} as job ${jobs}`);
  };
});
