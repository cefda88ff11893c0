import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { openClient } from '#src/provider/client.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

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
