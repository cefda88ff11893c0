import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RateLimitError, REST } from 'discord.js';
import { expect, onTestFinished, test, vi } from 'vitest';
import { watchRestClock } from '#src/discord/rest-clock.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

const hourMs = 3_600_000;

/** A server that lets one message pass in a second, and a client that is told to wait elsewhere. */
async function open() {
  const server = createServer((_request, response) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'x-ratelimit-limit': '1',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset-after': '1',
      'x-ratelimit-bucket': 'messages',
    });
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const rest = new REST({ api: `http://127.0.0.1:${port}`, rejectOnRateLimit: () => true });
  rest.setToken('token');
  onTestFinished(() => {
    rest.clearHashSweeper();
    rest.clearHandlerSweeper();
    server.closeAllConnections();
    server.close();
  });
  const timing = new SteppedTiming();
  let wallMs = Date.now();
  vi.spyOn(Date, 'now').mockImplementation(() => wallMs);
  const steps: number[] = [];
  const unwatch = watchRestClock(rest, timing, (backMs) => steps.push(backMs));
  onTestFinished(unwatch);
  const post = () => rest.post('/channels/1/messages', { body: { content: 'hello' } });
  // The first answer tells which bucket counts, so that the second one is the first of that bucket.
  const fill = async () => void [await post(), await post()];
  return {
    steps,
    post,
    fill,
    pass(ms: number, stepMs = 0) {
      wallMs += ms + stepMs;
      timing.passMs(ms);
    },
  };
}

test('a message is written soon after the wall clock was put back by an hour', async () => {
  const { post, fill, pass, steps } = await open();
  pass(1_000, hourMs);
  await fill();
  pass(1_000, -hourMs);
  expect(steps).toEqual([hourMs]);
  expect(await post()).toEqual({});
});

test('limits stand as long as the clock goes as it should, and when it is put forward', async () => {
  const { post, fill, pass, steps } = await open();
  await fill();
  pass(500);
  await expect(post()).rejects.toBeInstanceOf(RateLimitError);
  pass(600, hourMs);
  expect(await post()).toEqual({});
  expect(steps).toEqual([]);
});
