import { parentPort, workerData } from 'node:worker_threads';

const port = parentPort;
if (!port) throw new Error('This file is the entry of a worker thread.');

/** A store thread that does what the id of the server, or the path, says: `silent`, `broken`, or answers. */
port.on('message', (message) => {
  if (message.kind === 'close') return port.close();
  const [what] = message.args;
  if (what === 'broken') throw new Error('out of order');
  if (what !== 'silent') port.postMessage({ kind: 'done', id: message.id, result: undefined });
});
if (workerData.path !== 'silent') port.postMessage({ kind: 'open' });
