import { expect, test } from 'vitest';
import { VoiceOutbox } from '#sandbox/voice-server/voice-outbox.ts';

const json = { op: 5, d: {} };
const binary = { op: 27, payload: Buffer.of(9) };

test('JSON and binary messages share one count', () => {
  const outbox = new VoiceOutbox(10);
  expect(outbox.number(json)).toBe('{"op":5,"d":{},"seq":1}');
  expect(outbox.number(binary)).toEqual(Buffer.of(0, 2, 27, 9));
});

test('everything since a number can be repeated, acknowledged or not', () => {
  const outbox = new VoiceOutbox(10);
  const wires = [json, binary, json].map((message) => outbox.number(message));
  expect(outbox.since(-1)).toEqual(wires);
  outbox.acknowledge(1);
  expect(outbox.since(1)).toEqual(wires.slice(1));
  expect(outbox.since(2)).toEqual(wires.slice(2));
  expect(outbox.since(3)).toEqual([]);
  expect(outbox.since(-1)).toBeUndefined();
});

test('more than it keeps cannot be repeated', () => {
  const outbox = new VoiceOutbox(2);
  for (let n = 0; n < 5; n++) outbox.number(json);
  expect(outbox.since(3)).toHaveLength(2);
  expect(outbox.since(2)).toBeUndefined();
  expect(outbox.since(9)).toBeUndefined();
});

test('the count goes round at 16 bits', () => {
  const outbox = new VoiceOutbox(3);
  for (let n = 0; n < 65_537; n++) outbox.number(binary);
  expect(outbox.since(65_535)).toEqual([Buffer.of(0, 0, 27, 9), Buffer.of(0, 1, 27, 9)]);
});
