import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { apiBodyBytes } from '#src/api/api.ts';
import { realClock } from '#src/base/clock.ts';
import { openProgramDoor } from '#src/http/program-door.ts';
import { guildId, openApi, programPorts } from './api-setup.ts';

const path = `/v1/servers/${guildId}/ask`;

/** The API at an address of its own, over a bot that notes the files it is asked with. */
async function openServed() {
  await using stack = new AsyncDisposableStack();
  const files: (Uint8Array | undefined)[] = [];
  const ask = programPorts({
    ask: async (...[, , , , about]) => {
      files.push(about?.recording?.bytes);
      return { kind: 'answered', text: 'Yes.' };
    },
  });
  const api = stack.use(await openApi(ask));
  await api.add('bell');
  const bugs: unknown[] = [];
  const ended = { count: 0 };
  const outcome = await openProgramDoor({
    host: '127.0.0.1',
    port: 0,
    clock: realClock,
    mostBodyBytes: apiBodyBytes,
    onBug: (error) => bugs.push(error),
    routes(app) {
      app.use(async (context, next) => {
        await next();
        ended.count++;
        return context.res;
      });
      app.route('/', api.app);
    },
  });
  if (outcome.kind === 'refused') throw new Error(outcome.why);
  const { url } = stack.use(outcome.server);
  const all = stack.move();
  return { url, api, files, bugs, ended, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

test('a large file arrives byte for byte', async () => {
  await using served = await openServed();
  const body = new Uint8Array(randomBytes(3_000_000));
  const headers = { authorization: 'Bearer bell', 'content-type': 'audio/wav' };
  const response = await fetch(new URL(path, served.url), { method: 'POST', headers, body });
  expect(await response.json()).toEqual({ text: 'Yes.' });
  expect(served.files).toHaveLength(1);
  expect(Buffer.compare(served.files[0] ?? Buffer.of(), body)).toBe(0);
});

test.each(['audio/wav', 'application/json'])(
  'a body of %s whose sender hangs up is nothing that was asked, and no bug',
  async (type) => {
    await using served = await openServed();
    const { host, port } = served.url;
    const socket = connect(Number(port), '127.0.0.1').resume();
    const lines = [
      `POST ${path} HTTP/1.1`,
      `Host: ${host}`,
      'Authorization: Bearer bell',
      `Content-Type: ${type}`,
      'Content-Length: 1000',
    ];
    socket.end(`${lines.join('\r\n')}\r\n\r\n{"question":`);
    await once(socket, 'close');
    await expect.poll(() => served.ended.count).toBe(1);
    expect([served.files, served.bugs, served.api.bugs]).toEqual([[], [], []]);
  },
);
