import { expect, test } from 'vitest';
import { openSandbox } from '#sandbox/sandbox.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { ask } from './raw-bot.ts';

/** Registers one command, and tells how Discord answers. */
async function registered(body: unknown) {
  await using sandbox = await openSandbox({ voice: silentVoice().half });
  return await ask(sandbox, `/applications/${sandbox.botId}/commands`, { body });
}

const choices = (chars: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({
    name: `${n}`.padStart(chars / 2, 'n'),
    value: `${n}`.padStart(chars / 2, 'v'),
  }));
/** A command of so many characters, 250 of them in its own words and those of its options. */
function ofSize(chars: number) {
  const left = chars - 250;
  const option = (name: string, own: unknown[]) => ({
    name: name.padEnd(20, 'o'),
    description: 'd'.repeat(80),
    type: 3,
    choices: own,
  });
  return {
    name: 'n'.repeat(10),
    description: 'd'.repeat(40),
    options: [option('a', choices(200, 25)), option('b', choices((left - 5000) / 25, 25))],
  };
}

test.each([
  { name: 'join', description: 'x', description_localizations: { de: 'x'.repeat(101) } },
  { name: 'join', description: 'x', description_localizations: { es: 'the locale is es-ES' } },
  { name: 'join', description: 'x', name_localizations: { de: 'Beitreten' } },
  { name: 'About', type: 3, name_localizations: { 'pt-BR': 'x'.repeat(33) } },
])('translations that Discord would refuse are refused (%j)', async (body) => {
  expect((await registered(body)).status).toBe(400);
});

test('a command has 8,000 characters at most, with its options and choices', async () => {
  expect((await registered(ofSize(7_950))).status).toBe(201);
  expect((await registered(ofSize(8_000))).status).toBe(201);
  const { status, json } = await registered(ofSize(8_050));
  expect(status).toBe(400);
  expect(JSON.stringify(json)).toContain('Command exceeds maximum size (8000)');
});

test('of a description in several languages only the longest counts, be it English or not', async () => {
  const full = ofSize(8_000);
  const longer = { de: 'd'.repeat(41), fr: 'd' };
  const shorter = { de: 'd'.repeat(39), fr: 'd'.repeat(40) };
  const status = async (description_localizations: unknown) =>
    (await registered({ ...full, description_localizations })).status;
  expect([await status(shorter), await status(longer)]).toEqual([201, 400]);
});
