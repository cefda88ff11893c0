import { expect, test } from 'vitest';
import { PartialTrust } from '#src/turn/partial-trust.ts';

test('a recogniser that nobody knows earns trust by three pauses, and loses it by lagging behind', () => {
  const trust = new PartialTrust(false);
  for (const isTrusted of [false, false, true]) {
    trust.compare('go on', 'Go on.');
    expect(trust.isTrusted).toBe(isTrusted);
  }
  trust.compare('go', 'Go on.');
  expect(trust.isTrusted).toBe(false);
  for (let pause = 0; pause < 8; pause++) trust.compare('go on', 'go on');
  expect(trust.isTrusted).toBe(true);
});

test('one known to keep its words is trusted from the first pause on, and may be late now and then', () => {
  const trust = new PartialTrust(true);
  expect(trust.isTrusted).toBe(true);
  for (const isTrusted of [true, true, false]) {
    trust.compare('go', 'go on');
    expect(trust.isTrusted).toBe(isTrusted);
  }
});

test('a word that is taken back costs all trust at once, and three pauses in a row earn it again', () => {
  const trust = new PartialTrust(true);
  for (let pause = 0; pause < 20; pause++) trust.compare('go on', 'go on');
  trust.compare('go', 'gone');
  for (let pause = 0; pause < 3; pause++) {
    expect(trust.isTrusted).toBe(false);
    trust.compare('go on', 'go on');
  }
  expect(trust.isTrusted).toBe(true);
});
