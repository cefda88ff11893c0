import { openPatient } from './examine-sandbox.ts';

test('the doctor writes to the operator only when asked to, and says where it went', async () => {
  await using patient = await openPatient();
  await patient.examine();
  expect(patient.sandbox.directMessages()).toEqual([]);
  const { code, about } = await patient.examine(['--tell-operator']);
  expect([code, about('notices')]).toEqual([
    0,
    'ok notices a test message went to 1 of 1 owner of the application',
  ]);
  const [message] = patient.sandbox.directMessages();
  expect(message).toMatchObject({
    to: 'Olga',
    text: expect.stringContaining('test message'),
  });
});

test('a webhook that cannot be reached is missing, with how to mend it and without its address', async () => {
  await using patient = await openPatient();
  const { code, about, mendOf, text } = await patient.examine(['--tell-operator'], {
    OPERATOR_WEBHOOK: 'http://127.0.0.1:2/api/webhooks/1/canary-of-the-hook',
  });
  expect(code).toBe(1);
  expect(about('notices')).toMatch(
    /^missing notices .*the webhook could not be reached/,
  );
  expect(mendOf('notices')).toContain('correct OPERATOR_WEBHOOK');
  expect(text).not.toContain('canary');
  expect(patient.sandbox.directMessages()).toEqual([]);
});

test('a test message needs Discord: offline, or about another server, it is not understood', async () => {
  await using patient = await openPatient();
  expect((await patient.examine(['--tell-operator', '--offline'])).code).toBe(78);
  expect(
    (await patient.examine(['--tell-operator', '--provider', 'http://127.0.0.1:9']))
      .code,
  ).toBe(78);
});
