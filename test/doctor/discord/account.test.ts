import { runExamination } from '#test/doctor/run-examination.ts';
import { openPatient } from './examine-sandbox.ts';

test('of a bot that is as it should be the doctor has nothing to mend, and has not gone online', async () => {
  await using patient = await openPatient();
  const { code, text, about } = await patient.examine();
  expect(text).not.toMatch(/mend|missing {2}|differs {2}/);
  expect(code).toBe(0);
  expect(about('token')).toMatch(/^ok token it belongs to nova, application \d+$/);
  expect(about('commands')).toMatch(/^ok commands all \d+ are registered everywhere$/);
  expect(about('Sandbox')).toBe('ok Sandbox the bot may talk in 2 of 2 voice channels');
  expect(patient.sandbox.gatewaySessions()).toEqual([]);
  expect(text).not.toContain(patient.sandbox.token);
});

test('a refused token ends the examination with 78, and says where a new one comes from', async () => {
  await using patient = await openPatient();
  const { code, about, text } = await patient.examine([], {
    DISCORD_TOKEN: 'wrong.token.of-somebody',
  });
  expect(code).toBe(78);
  expect(about('token')).toMatch(
    /^missing token Discord refused the token: copy a new one/,
  );
  expect(text).toContain('mend: put a new token into DISCORD_TOKEN');
  expect(text).not.toContain('wrong.token');
});

test('a Discord that does not answer is a finding, and no reason to call the token wrong', async () => {
  const { code, about } = await runExamination([], {
    DISCORD_TOKEN: 'any.token.there-is',
    DISCORD_API_URL: 'http://127.0.0.1:2/api',
  });
  expect(code).toBe(1);
  expect(about('discord')).toContain('could not be reached (ECONNREFUSED)');
});

test.each([
  [
    'on',
    [],
    /^differs intents Message Content Intent is off, but MESSAGE_CONTENT=on needs it$/,
    'turn it on: https://discord.com/developers/applications/',
  ],
  ['on', ['content'], /^ok intents Message Content Intent$/, undefined],
  ['off', [], /^ok intents the bot needs none$/, undefined],
] as const)(
  'with MESSAGE_CONTENT=%s and the privileged intents %j the doctor says %s',
  async (wanted, privilegedIntents, line, mend) => {
    await using patient = await openPatient({
      privilegedIntents: [...privilegedIntents],
    });
    const { code, about, mendOf } = await patient.examine([], {
      MESSAGE_CONTENT: wanted,
    });
    expect(about('intents')).toMatch(line);
    expect(mendOf('intents')?.startsWith(mend ?? '')).toBe(
      mend === undefined ? undefined : true,
    );
    expect(code).toBe(0);
  },
);
