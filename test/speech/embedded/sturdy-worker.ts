import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { BotError } from '#src/base/errors.ts';
import { serveEngine } from '#src/speech/embedded/serve-engine.ts';

let jobs = 0;
/** The test tells here that it has been given the half. */
const channel = new BroadcastChannel('half taken');
channel.unref();
const halfTaken = channel as unknown as MessagePort; // Node takes both, its types one

/** An engine that fails in every way there is, on request. */
await serveEngine<string, string>(async () => {
  return (input, out) => {
    jobs++;
    if (input === 'die') throw new Error('out of memory');
    if (input === 'die late') {
      out('half');
      while (!receiveMessageOnPort(halfTaken)); // what a dying thread has told may be lost
      throw new Error('out of memory');
    }
    if (input === 'refuse') throw new BotError('speech.unspeakable', false, 'no');
    while (input === 'hang');
    out(`${input} as job ${jobs}`);
  };
});
