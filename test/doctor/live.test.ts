import { parseDoctorArguments } from '#doctor/doctor-arguments.ts';
import { removePlaces } from '#doctor/live/remove-places.ts';
import { realClock } from '#src/base/clock.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import { openPatient } from '#test/doctor/discord/examine-sandbox.ts';

const never = new AbortController().signal;
const channel = '1230000000000000002';

test.each([
  ['Lounge'],
  ['--silence', '0s'],
  ['--silence', '2h'],
  ['--silence', '90m'],
  ['--offline'],
  ['--tell-operator'],
  ['--provider', 'https://example.com'],
])('--live %s %s is refused', (...args) =>
  expect(parseDoctorArguments(['--live', ...args])).toEqual(expect.any(String)),
);

test('--silence belongs to --live', () =>
  expect(parseDoctorArguments(['--silence', '5s'])).toBe('--silence: needs --live.'));

test('the check does not begin beside a bot that runs, and says what to do', async () => {
  await using patient = await openPatient();
  const { sandbox, environment, examine } = patient;
  using _lock = await lockDataDir(environment.DATA_DIR, { clock: realClock }, never);
  const { code, about, lines, mendOf } = await examine(['--live']);
  expect(code).toBe(1);
  expect(lines[0]).toMatch(/^The bot hears no person\. /);
  expect(about('live check')).toMatch(
    /^missing live check not started: a bot runs as process \d+/,
  );
  expect(mendOf('live check')).toMatch(/^stop the bot, or run/);
  expect(sandbox.gatewaySessions()).toEqual([]);
});

test('without a token, or where the operator sits nowhere, the check does not begin', async () => {
  await using patient = await openPatient();
  const without = await patient.examine(['--live'], { DISCORD_TOKEN: '' });
  expect([without.code, without.text]).toEqual([
    78,
    'DISCORD_TOKEN: missing; --live needs a bot',
  ]);
  const nowhere = await patient.examine(['--live']);
  expect(nowhere.code).toBe(1);
  expect(nowhere.about('channel')).toMatch(
    /^missing channel no owner of the application is in/,
  );
  expect(patient.sandbox.gatewaySessions()).toEqual([]);
});

test('a token that Discord refuses ends the check with 78', async () => {
  await using patient = await openPatient();
  const { code, about } = await patient.examine(['--live'], {
    ...{ DISCORD_TOKEN: 'MTIz.abcdef.not-the-token-of-anybody-at-all' },
  });
  expect([code, about('token')]).toEqual([
    78,
    expect.stringMatching(/^missing token Discord refused/),
  ]);
});

test('a report holds neither ids nor addresses', () =>
  expect(
    removePlaces(
      `${channel} at c-ams10-0a1b2c3d.discord.media:2053, 203.0.113.7:50001, 2001:db8::7, wss://example.com/?v=8 at 12:30:45`,
    ),
  ).toBe('[id] at [address], [address], [address], [address] at 12:30:45'));
