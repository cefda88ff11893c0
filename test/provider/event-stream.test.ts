import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { APIError } from 'openai/core/error';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { readEvents } from '#src/provider/event-stream.ts';
import { guardFetch, standardLimits } from '#src/provider/guarded-fetch.ts';
import { roundsPassed, VirtualClock } from '#test/fakes/clock.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

function answer(...pieces: readonly Uint8Array[]): Response {
  return new Response(ReadableStream.from(pieces));
}

const eventsOf = async (...pieces: readonly string[]) =>
  await Array.fromAsync(readEvents(answer(...pieces.map(bytesOf))));

test.each([
  ['lines that end in LF', 'data: {"a":1}\n\ndata: {"a":2}\n\n'],
  ['lines that end in CR and LF', 'data: {"a":1}\r\n\r\ndata: {"a":2}\r\n\r\n'],
  ['lines that end in CR', 'data: {"a":1}\r\rdata: {"a":2}\r\r'],
  [
    'values of several lines, comments and other fields',
    ': hi\nid: 7\ndata:{"a":\ndata: 1}\n\n\n\nevent: x\ndata: {"a":2}\n\n',
  ],
  ['no blank line at the end', 'data: {"a":1}\n\ndata: {"a":2}'],
  [
    'an end mark, and what nobody reads',
    'data: {"a":1}\n\ndata: {"a":2}\n\ndata: [DONE]\n\ndata: {"a":3}\n\n',
  ],
])('events with %s are the same, however they are cut', async (_, text) => {
  const all = [{ a: 1 }, { a: 2 }];
  expect(await eventsOf(text)).toEqual(all);
  expect(await eventsOf(...text)).toEqual(all);
  for (let at = 1; at < text.length; at++)
    expect(await eventsOf(text.slice(0, at), text.slice(at))).toEqual(all);
});

test('a letter that is cut between two pieces is one letter', async () => {
  const bytes = bytesOf('data: "\u00e9\u{1f600}"\n\n');
  for (let at = 1; at < bytes.length; at++) {
    const events = readEvents(answer(bytes.subarray(0, at), bytes.subarray(at)));
    expect(await Array.fromAsync(events)).toEqual(['\u00e9\u{1f600}']);
  }
});

test.each([
  ['in its data', 'data: {"error":{"message":"too much","code":"c"}}\n\n'],
  ['by its name', 'event: error\ndata: {"message":"too much","code":"c"}\n\n'],
])('an event that holds an error %s ends the stream with it', async (_, text) => {
  const failed = eventsOf('data: 1\n\n', text);
  await expect(failed).rejects.toBeInstanceOf(APIError);
  await expect(failed).rejects.toMatchObject({ message: 'too much', code: 'c' });
});

test('an event that is no JSON ends the stream, and an answer without a body has none', async () => {
  await expect(eventsOf('data: {"a":\n\n')).rejects.toThrow('malformed server-sent event JSON');
  expect(await Array.fromAsync(readEvents(new Response(null, { status: 204 })))).toEqual([]);
});

test('an event of 4 MB in small pieces is read as fast as it comes', async () => {
  const piece = bytesOf('x'.repeat(64));
  const pieces = [bytesOf('data: "'), ...Array<Uint8Array>(65_536).fill(piece), bytesOf('"\n\n')];
  const events = await Array.fromAsync(readEvents(answer(...pieces)));
  expect(events).toHaveLength(1);
  expect(`${events[0]}`).toHaveLength(64 * 65_536);
});

/** A server that keeps connections open, and says how many there were. */
async function serving(handler: (response: ServerResponse) => void) {
  let connections = 0;
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    handler(response);
  });
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`;
  return {
    url,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const ask = { method: 'POST', body: '{"stream":true}' };
const guarded = (clock = realClock) =>
  guardFetch({ server: () => 'x', secret: () => undefined, limits: standardLimits, clock });

test('a stream that ends after its end mark leaves its connection to the next request, even if who asked has left', async () => {
  const answers: ServerResponse[] = [];
  await using server = await serving((response) => {
    answers.push(response);
    response.write('data: 1\n\ndata: [DONE]\n\n');
  });
  const fetch = guarded();
  for (let n = 0; n < 3; n++) {
    const gone = new AbortController();
    const answered = await fetch(server.url, { ...ask, signal: gone.signal });
    expect(await Array.fromAsync(readEvents(answered))).toEqual([1]);
    gone.abort(new Error('left'));
    answers.at(-1)?.end();
    await once(answers.at(-1) as ServerResponse, 'close');
    await roundsPassed(20);
  }
  expect(server.connections()).toBe(1);
});

test.each([
  ['goes on after', async (response: ServerResponse) => void response.write('data: 2\n\n')],
  [
    'stays open after',
    async (_: ServerResponse, clock: VirtualClock) => await clock.advance(1_000),
  ],
])('a server that %s its end mark is hung up on', async (_, then) => {
  const asked = Promise.withResolvers<ServerResponse>();
  await using server = await serving((response) => {
    response.write('data: 1\n\ndata: [DONE]\n\n');
    asked.resolve(response);
  });
  const clock = new VirtualClock();
  const answered = await guarded(clock)(server.url, ask);
  expect(await Array.fromAsync(readEvents(answered))).toEqual([1]);
  const response = await asked.promise;
  await then(response, clock);
  if (!response.closed) await once(response, 'close');
  expect(clock.sleeping).toBe(0);
});

test('whoever leaves a stream before its end mark closes its connection', async () => {
  const closed = Promise.withResolvers<void>();
  await using server = await serving((response) => {
    response.on('close', () => closed.resolve());
    response.write('data: 1\n\ndata: 2\n\n');
  });
  for await (const _ of readEvents(await guarded()(server.url, ask))) break;
  await closed.promise;
});
