import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { openChildPort } from '#src/base/child/child-port.ts';
import type { FromDecoder, ToDecoder } from '#src/sources/decode/decode-messages.ts';

/** A decoder that does what its file says. */
const send = openChildPort<ToDecoder, FromDecoder>((message) => {
  if (message.kind === 'feed')
    void obeyLine(Buffer.from(message.bytes).toString().split(' '));
});

async function obeyLine([word = '', port]: readonly string[]) {
  if (word === 'call') await callBot(Number(port));
  if (word === 'hang') line?.write(word);
  for (; word === 'hang'; );
  const heap: number[][] = [];
  for (; word === 'heap'; )
    heap.push(Array.from({ length: 100_000 }, (_, n) => n + heap.length));
  if (word === 'oops') throw new Error('a bug');
  if (word === 'abort') process.abort();
  if (word === 'tell')
    return send({ kind: 'damaged', reason: JSON.stringify(makeReport()) });
  send({ kind: 'fed', samples: Int16Array.of(1), hasMore: false, hasSound: true });
}

let line: Socket | undefined;

/** Calls `port`, whose listener is told when this process hangs, and sees when it is gone. */
async function callBot(port: number) {
  line = connect(port, '127.0.0.1').unref();
  await once(line, 'connect');
}

/** Report of this process: its id, and what it could do that a decoder need not. */
function makeReport() {
  const { pid, ppid } = process;
  const attempts = {
    settings: () => readFileSync('.env.example'),
    environment: () => readFileSync(`/proc/${ppid}/environ`),
    folder: () => readdirSync('.'),
    file: () => writeFileSync('node_modules/.cache/parley/x', ''),
    program: () => spawnSync('true').status,
    thread: () => new Worker('', { eval: true, execArgv: [] }),
  };
  const done = Object.entries(attempts).filter(([, attempt]) => {
    try {
      return attempt() !== null;
    } catch {
      return false;
    }
  });
  return { pid, done: done.map(([name]) => name) };
}
