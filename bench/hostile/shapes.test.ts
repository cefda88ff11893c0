import { expect, test } from 'vitest';
import { type JsonLimits, JsonMeter, toolArgumentLimits } from '#src/base/json.ts';
import { messageLimits } from '#src/features/tools/mcp/message-limits.ts';
import { answerLimits, eventLimits } from '#src/provider/answer-type.ts';
import { requestJsonLimits } from '#src/web/api/request-body.ts';
import { hostileShapes } from './shapes.ts';

const mib = 2 ** 20;
const doors: readonly (readonly [name: string, limits: JsonLimits])[] = [
  ['requests', requestJsonLimits],
  ['messages of MCP servers', messageLimits],
  ['arguments of tools', toolArgumentLimits],
  ['answers of providers', answerLimits],
  ['events of providers', eventLimits],
];

test.each(hostileShapes)('a megabyte of $name is JSON of nearly that size', ({ json }) => {
  const made = json(mib);
  expect(made.length).toBeLessThanOrEqual(mib);
  expect(made.length).toBeGreaterThan(0.99 * mib - 2_000);
  expect(JSON.parse(made)).toBeDefined();
});

test.each(doors)('of a megabyte of many things the door of %s looks at a part', (_, limits) => {
  for (const { name, json } of hostileShapes) {
    const meter = new JsonMeter(limits);
    const excess = meter.push(Buffer.from(json(mib)));
    if (name === 'a long string' && limits.stringBytes >= mib) continue; // sound in base64 is one
    expect([name, excess?.bound]).not.toEqual([name, undefined]);
    expect(meter.scannedBytes).toBeLessThan(0.6 * mib);
  }
});
