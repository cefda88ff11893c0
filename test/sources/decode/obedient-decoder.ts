import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
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

/** Report of this process: its id, environment and arguments, and its out-of-memory score. */
function makeReport() {
  const { pid, env, execArgv, argv } = process;
  const path = '/proc/self/oom_score_adj';
  return {
    pid,
    env: Object.keys(env),
    flags: [...execArgv, ...argv.slice(2)],
    oomScore: existsSync(path) ? Number(readFileSync(path, 'utf8')) : 1000,
  };
}
