import { parentPort } from 'node:worker_threads';

const port = parentPort;
if (!port) throw new Error('This file is the entry of a worker thread.');

/** A store thread that does what the id of the server, or the path, says: `silent`, `broken`, or answers. */
port.on('message', ({ id, path, args: [what = path] }) => {
  if (what === 'broken') throw new Error('out of order');
  if (what !== 'silent') port.postMessage({ id, result: undefined });
});
