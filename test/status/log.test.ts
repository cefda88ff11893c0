import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { SessionEvent } from '#src/session/events.ts';
import { latencies } from '#src/status/latency.ts';
import { logSession } from '#src/status/log.ts';

function logged(...events: SessionEvent[]): string {
  let out = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      out += chunk;
      done();
    },
  });
  const log = pino({ level: 'trace' }, sink);
  for (const event of events) logSession(log, 'guild-1', event);
  return out;
}

const instants = { heardAtMs: 1000, endedAtMs: 1300.4, firstSentAtMs: 1800 };
const answered: SessionEvent = {
  kind: 'answered',
  speakerId: 'adam-1',
  name: 'Adam',
  text: 'my secret answer',
  heardText: 'my secret',
  finish: 'completed',
  instants,
};

test('the log holds ids and numbers and never the words people or the bot said', () => {
  const out = logged(answered, {
    kind: 'recognised',
    speakerId: 'adam-1',
    name: 'Adam',
    text: 'my secret',
  });
  expect(out).toContain('adam-1');
  expect(out).toContain('"firstSentMs":800');
  expect(out).not.toMatch(/secret|Adam/);
});

test('a failure is logged with its code and its sentence', () => {
  const out = logged({
    kind: 'failed',
    stage: 'think',
    code: 'provider.late',
    message: 'Too slow.',
  });
  expect(out).toContain('provider.late');
  expect(out).toContain('Too slow.');
});

test('latencies count from the last voiced packet and leave out what did not happen', () => {
  expect(latencies(instants)).toEqual({ endedMs: 300, firstSentMs: 800 });
});
