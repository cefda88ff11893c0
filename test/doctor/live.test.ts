import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readArguments } from '#doctor/arguments.ts';
import { linkTrouble } from '#doctor/live/link-trouble.ts';
import { liveReport, withoutNames, writeLiveReport } from '#doctor/live/live-report.ts';
import { realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { regionOf } from '#src/discord/account/live-trial.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import { openPatient } from './discord/examine-sandbox.ts';

const never = new AbortController().signal;
const [server, channel] = ['1230000000000000001', '1230000000000000002'];

test('a place is a channel, a server with a channel, a link, or where the operator sits', () => {
  const live = (...args: string[]) => readArguments(['--live', ...args])?.live;
  expect(live()).toEqual({ silenceMs: 120_000 });
  expect(live('--json')).toEqual({ silenceMs: 120_000 });
  expect(live(channel)).toEqual({ channelId: channel, silenceMs: 120_000 });
  const place = { guildId: server, channelId: channel };
  expect(live(`${server}/${channel}`, '--silence', '5s')).toEqual({ ...place, silenceMs: 5_000 });
  const link = `https://discord.com/channels/${server}/${channel}`;
  expect(live(link, '--silence', '3m')).toEqual({ ...place, silenceMs: 180_000 });
});

test.each([
  ['Lounge'],
  [channel, '--silence', '0s'],
  [channel, '--silence', '2h'],
  [channel, '--silence', '90m'],
  [channel, '--offline'],
  [channel, '--channel', channel],
  [channel, '--tell-operator'],
  [channel, '--provider', 'https://example.com'],
])('--live %s %s %s is refused', (...args) => {
  expect(readArguments(['--live', ...args])).toBeUndefined();
});

test('--silence belongs to --live', () => {
  expect(readArguments(['--silence', '5s'])).toBeUndefined();
});

test('the check does not begin beside a bot that runs, and says what to do', async () => {
  await using patient = await openPatient();
  const { sandbox, environment, examine } = patient;
  const options = { clock: realClock, version: '1.2.3', onWait: () => undefined };
  using _lock = await lockDataDir(environment.DATA_DIR, options, never);
  const place = `${sandbox.guildId}/${sandbox.channelId('Lounge')}`;
  const { code, about, lines, mendOf } = await examine(['--live', place]);
  expect(code).toBe(1);
  expect(lines[0]).toMatch(/^The bot hears no person: /);
  expect(about('live check')).toMatch(/^differs live check not started: a bot runs as process \d+/);
  expect(mendOf('live check')).toMatch(/^stop the bot, then try again/);
  expect(sandbox.gatewaySessions()).toEqual([]);
});

test('without a token, or where the operator sits nowhere, the check does not begin', async () => {
  await using patient = await openPatient();
  const { sandbox, examine } = patient;
  const without = await examine(['--live'], { DISCORD_TOKEN: '' });
  expect([without.code, without.text]).toEqual([78, 'DISCORD_TOKEN: missing; --live needs a bot']);
  const nowhere = await examine(['--live']);
  expect(nowhere.code).toBe(1);
  expect(nowhere.about('channel')).toMatch(/^missing channel you are in no voice channel/);
  const text = await examine(['--live', `${sandbox.guildId}/${sandbox.channelId('general')}`]);
  expect(text.about('channel')).toBe(
    'missing channel that server does not have this voice channel',
  );
  expect(sandbox.gatewaySessions()).toEqual([]);
});

test('a token that Discord refuses ends the check with 78', async () => {
  await using patient = await openPatient();
  const { examine } = patient;
  const { code, about } = await examine(['--live', channel], {
    ...{ DISCORD_TOKEN: 'MTIz.abcdef.not-the-token-of-anybody-at-all' },
  });
  expect([code, about('gateway')?.slice(0, 39)]).toEqual([
    78,
    'missing gateway the bot could not log i',
  ]);
});

test('a report holds counted words for names, and neither ids, tokens nor addresses', () => {
  const words = new Map([
    ['Lounge', 'channel 1'],
    ['The Lounge of Zoë', 'channel 2'],
    ['Zoë', 'the server'],
  ]);
  const token = 'MTIzMDAwMDAwMDAwMDAwMDAw.GabcDE.abcdefghijklmnopqrstuvwxyz012345';
  const said = [
    'No thread could be opened in The Lounge of Zoë, but in Lounge, not in Lounges:',
    `${channel} at c-ams10-0a1b2c3d.discord.media:2053, 203.0.113.7:50001, 2001:db8::7,`,
    `wss://example.com/?v=8 with ${token} | at 12:30:45`,
  ].join(' ');
  expect(withoutNames(said, words)).toBe(
    'No thread could be opened in channel 2, but in channel 1, not in Lounges: ' +
      '[id] at [voice server], [address], [address], [address] with [token] | at 12:30:45',
  );
  const finding = { what: 'move', why: 'it failed', verdict: 'missing', mend: 'wait' } as const;
  const facts = new Map([['Node', '24.0.0']]);
  const findings = [{ ...finding, said, code: 'link.lost', tookMs: 12.4 }];
  const events = [{ atMs: 1_240, name: 'moved' }];
  const report = liveReport({ findings, facts, events, summary: 'One problem.' }, words);
  expect(report).toContain('| Node | 24.0.0 |');
  expect(report).toContain(
    '| move | missing | 12 ms | link.lost | it failed; No thread could be opened in channel 2,',
  );
  expect(report).toContain('[token] / at 12:30:45; mend: wait |');
  expect(report).toContain('| 1.2 s | moved |');
});

test('a report goes into the first folder that takes it, and replaces none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-live-'));
  try {
    writeFileSync(join(folder, 'file'), '');
    const folders = [join(folder, 'file', 'below'), folder];
    const path = writeLiveReport('one', folders, Date.UTC(2026, 0, 2, 3, 4, 5));
    expect(path).toBe(join(folder, 'parley-live-report-20260102-030405.md'));
    const second = writeLiveReport(
      'two',
      [folder, join(folder, 'b')],
      Date.UTC(2026, 0, 2, 3, 4, 5),
    );
    expect(second).toBe(join(folder, 'b', 'parley-live-report-20260102-030405.md'));
    expect(readFileSync(path ?? '', 'utf8')).toBe('one');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  ['c-ams10-0a1b2c3d.discord.media:2053', 'ams'],
  ['us-east9243.discord.media:443', 'us-east'],
  ['rotterdam11016.discord.media', 'rotterdam'],
  ['localhost:4000', ''],
])('the voice server %s is in the region "%s"', (endpoint, region) => {
  expect(regionOf(endpoint)).toBe(region);
});

test('an error of a link that nothing else explains is quoted', () => {
  const error = new BotError('link.lost', true, 'The voice link did not come back.');
  expect(linkTrouble(error, 4015, ['link-down'])).toEqual({
    why: 'the voice link was lost',
    said: 'The voice link did not come back.',
    mend: expect.stringMatching(/^check https/),
    code: 'link.lost, voice close 4015, link-down',
  });
});
