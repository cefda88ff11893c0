import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { openClient } from '#src/provider/client.ts';
import { BufferedAnswer } from '#src/provider/guarded-fetch.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

/** Pieces of a body: bytes, when they were asked for, and when they came, in ms. */
type Piece = readonly [bytes: number, fromMs: number, atMs: number];

function isOneBlock(pieces: readonly Piece[], kind: 'sound' | 'events' = 'sound'): boolean {
  let reported = false;
  const answer = new BufferedAnswer(kind, 0, () => {
    reported = true;
  });
  for (const piece of pieces) answer.piece(...piece);
  answer.end();
  return reported;
}

test('an answer that comes whole after a second is one block', () => {
  expect(isOneBlock([[20_000, 0, 1_000]])).toBe(true);
  const inPieces = Array.from({ length: 5 }, (_, n): Piece => [8_000, 1_000 + n, 1_001 + n]);
  expect(isOneBlock(inPieces)).toBe(true);
});

test('an answer that comes whole within a second is none, as nobody misses anything', () => {
  expect(isOneBlock([[20_000, 0, 999]])).toBe(false);
});

test('an answer of which more than 50 ms are waited for after its first piece is a stream', () => {
  const late: Piece = [8_000, 1_500, 1_500];
  expect(isOneBlock([[20_000, 0, 1_500], [8_000, 1_500, 1_550], late])).toBe(true);
  expect(isOneBlock([[20_000, 0, 1_500], [8_000, 1_500, 1_551], late])).toBe(false);
});

test('a short answer may be one piece of a stream', () => {
  expect(isOneBlock([[16_383, 0, 2_000]])).toBe(false);
  expect(isOneBlock([[4_096, 0, 2_000]], 'events')).toBe(true);
  expect(isOneBlock([[4_095, 0, 2_000]], 'events')).toBe(false);
  expect(isOneBlock([])).toBe(false);
});

test('what piled up while the reader was slow proves nothing', () => {
  const first: Piece = [8_000, 0, 2_000];
  expect(isOneBlock([first, [8_000, 2_000, 2_000], [8_000, 2_400, 2_400]])).toBe(false);
  expect(isOneBlock([first, [9_000, 2_000, 2_000], [8_000, 2_400, 2_400]])).toBe(true);
});

type Answer = (response: ServerResponse, clock: VirtualClock) => void;

/** Answers so told of while `path` is posted to a server that answers so. */
async function bufferedBy(answer: Answer, stream = true): Promise<number> {
  const clock = new VirtualClock();
  const server = createServer((request, response) => {
    request.resume().once('end', () => answer(response, clock));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  let reported = 0;
  const client = openClient({ baseUrl, clock, onBuffered: () => reported++ });
  try {
    const { completions } = client.chat;
    const ask = { model: 'm', messages: [] };
    if (stream) for await (const _ of await completions.create({ ...ask, stream })) undefined;
    else await completions.create(ask);
    return reported;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const event = `data: ${JSON.stringify({ choices: [{ delta: { content: 'word '.repeat(20) } }] })}\n\n`;
const events = `${event.repeat(40)}data: [DONE]\n\n`;
const asEvents = { 'content-type': 'text/event-stream' };

test('an answer that a proxy kept until its end is told of once', async () => {
  const reported = await bufferedBy((response, clock) => {
    clock.suspend(3_000);
    response.writeHead(200, asEvents).end(events);
  });
  expect(reported).toBe(1);
});

test('an answer without a wait, one that was not to stream and one that failed are not told of', async () => {
  const atOnce = await bufferedBy((response) => response.writeHead(200, asEvents).end(events));
  const whole = await bufferedBy((response, clock) => {
    clock.suspend(3_000);
    const choices = [{ message: { content: 'word '.repeat(2_000) } }];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ choices }));
  }, false);
  const failed = bufferedBy((response, clock) => {
    clock.suspend(3_000);
    response.writeHead(500, asEvents).end(events);
  });
  expect([atOnce, whole]).toEqual([0, 0]);
  await expect(failed).rejects.toThrow();
});
