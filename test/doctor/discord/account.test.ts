import { expect, test } from 'vitest';
import { accountLines } from '#doctor/discord/examine-discord.ts';
import { examine } from '#test/doctor/examine.ts';
import { openPatient } from './examine-sandbox.ts';

test('of a bot that is as it should be the doctor has nothing to mend, and has not gone online', async () => {
  await using patient = await openPatient();
  const { code, text, about } = await patient.examine();
  expect(text).not.toMatch(/mend|missing {2}|differs {2}/);
  expect(code).toBe(0);
  expect(about('token')).toMatch(/^ok token it belongs to nova, application \d+$/);
  expect(about('logins')).toMatch(/^ok logins 1000 of 1000 are left today/);
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
  expect(about('token')).toMatch(/^missing token Discord refused the token: copy a new one/);
  expect(text).toContain('mend: put a new token into DISCORD_TOKEN');
  expect(text).not.toContain('wrong.token');
});

test('a Discord that does not answer is a finding, and no reason to call the token wrong', async () => {
  const { code, about } = await examine([], {
    DISCORD_TOKEN: 'any.token.there-is',
    DISCORD_API_URL: 'http://127.0.0.1:2/api',
  });
  expect(code).toBe(1);
  expect(about('discord')).toContain('could not be reached (ECONNREFUSED)');
});

test('intents that the bot does not need, and logins that run out, are told', async () => {
  await using patient = await openPatient({
    privilegedIntents: ['members', 'content'],
    gatewayRules: { startsPerDay: 0 },
  });
  const { code, about, text } = await patient.examine();
  expect(about('intents')).toMatch(
    /^differs intents these are on, but .*: Server Members Intent, Message Content Intent$/,
  );
  expect(about('logins')).toMatch(
    /^missing logins 0 of 0 are left today; the limit is reset in 24 h$/,
  );
  expect(text).toContain('find in the log of the bot why it restarts');
  expect(code).toBe(1);
});

test.each([
  [
    'on',
    [],
    /^differs intents Message Content Intent is off, but MESSAGE_CONTENT=on needs it$/,
    'turn it on: https://discord.com/developers/applications/',
  ],
  ['on', ['content'], /^ok intents Message Content Intent$/, undefined],
  [
    'on',
    ['content', 'members'],
    /^differs intents these are on, but the bot does not use them: Server Members Intent$/,
    'turn off those that no other program needs: https://discord.com/developers/applications/',
  ],
  ['off', [], /^ok intents no privileged intent is on, and the bot needs none$/, undefined],
  [
    'off',
    ['content'],
    /^differs intents these are on, but the bot does not use them: Message Content Intent$/,
    'turn off those that no other program needs: https://discord.com/developers/applications/',
  ],
] as const)(
  'with MESSAGE_CONTENT=%s and the privileged intents %j the doctor says %s',
  async (wanted, privilegedIntents, line, mend) => {
    await using patient = await openPatient({ privilegedIntents: [...privilegedIntents] });
    const { code, about, mendOf } = await patient.examine([], { MESSAGE_CONTENT: wanted });
    expect(about('intents')).toMatch(line);
    expect(mendOf('intents')?.startsWith(mend ?? '')).toBe(mend === undefined ? undefined : true);
    expect(code).toBe(0);
  },
);

test('an application whose invite link cannot work is told', () => {
  const account = {
    ...{ applicationId: '1', botId: '1', name: 'Nova', privilegedIntents: [] },
    ...{ needsCodeGrant: true, isPublic: true, ownerIds: [] },
  };
  const [, , invite] = accountLines(account);
  expect(invite).toMatchObject({ verdict: 'missing', mend: expect.stringContaining('Code Grant') });
});
