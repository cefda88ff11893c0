import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { expect, test } from 'vitest';
import { openSandbox } from '#sandbox/sandbox.ts';
import { realClock } from '#src/base/clock.ts';
import { openStatusServer } from '#src/ops/server.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import { until } from '#test/discord/setup/sandbox-login.ts';
import { openPatient } from './examine-sandbox.ts';

const never = new AbortController().signal;

/** A Discord with sound, whose certificates are trusted until it closes. */
async function openSounding() {
  const patient = await openPatient({}, openSandbox);
  const trusted = getCACertificates('default');
  setDefaultCACertificates([...trusted, patient.sandbox.certificate]);
  return {
    ...patient,
    lounge: patient.sandbox.channelId('Lounge'),
    async [Symbol.asyncDispose]() {
      setDefaultCACertificates(trusted);
      await patient[Symbol.asyncDispose]();
    },
  };
}

test('the doctor sits in the channel for a moment, and tells of UDP, cipher and DAVE', async () => {
  await using patient = await openSounding();
  const { sandbox, lounge } = patient;
  const examining = patient.examine(['--channel', lounge]);
  await until(() => sandbox.bot().channel === 'Lounge');
  const { code, about } = await examining;
  expect(about('voice link')).toMatch(/^ok voice link open in #Lounge after \d+ ms: UDP works/);
  expect(about('transport')).toMatch(/^ok transport encrypted with aead_/);
  expect(about('DAVE')).toBe('ok DAVE the channel is end-to-end encrypted');
  expect(code).toBe(0);
  expect(sandbox.bot()).toEqual({ online: false, channel: undefined });
}, 30_000);

test('a channel the bot cannot enter, or does not see, costs no login', async () => {
  await using patient = await openPatient();
  const { sandbox, examine } = patient;
  sandbox.guild().permit('Lounge', 'Nova', { deny: ['connect'] });
  const shut = await examine(['--channel', sandbox.channelId('Lounge')]);
  expect([shut.code, shut.about('voice link')]).toEqual([
    1,
    'missing voice link not tried: the bot does not have Connect in #Lounge',
  ]);
  const text = await examine(['--channel', sandbox.channelId('general')]);
  expect([text.code, text.about('channel')]).toEqual([
    1,
    `missing channel the bot cannot see a voice channel ${sandbox.channelId('general')}`,
  ]);
  expect(sandbox.gatewaySessions()).toEqual([]);
});

test('a bot that runs is asked instead, and left in its channel', async () => {
  await using patient = await openPatient();
  const { sandbox, environment, examine } = patient;
  const options = { clock: realClock, version: '1.2.3', onWait: () => undefined };
  using _lock = await lockDataDir(environment.DATA_DIR, options, never);
  const lines = ['ok gateway', 'trouble link-down: in 1 channel', 'failed store: the disk is full'];
  const metrics = 'parley_link_open_seconds_count 2\nparley_frames_total{what="sent"} 99\n';
  const opened = await openStatusServer(
    { host: '127.0.0.1', port: 0 },
    {
      readiness: () => ({ isReady: false, lines }),
      heldUpMs: () => 0,
      metrics: async () => ({ type: 'text/plain', text: metrics }),
    },
  );
  if (opened.kind !== 'open') throw new Error(opened.why);
  await using server = opened.server;
  const asked = ['--channel', sandbox.channelId('Lounge')];
  const { code, about } = await examine(asked, { STATUS_PORT: new URL(server.url).port });
  expect(code).toBe(1);
  expect(about('voice link')).toMatch(/^ok voice link not tried: a bot runs as process \d+ on /);
  expect(about('bot: gateway')).toBe('ok bot: gateway it works');
  expect(about('bot: link-down')).toBe('differs bot: link-down in 1 channel');
  expect(about('bot: store')).toBe('missing bot: store the disk is full');
  expect(about('bot: voice links')).toMatch(/opened 2 voice links and sent 99 frames/);
  expect(sandbox.gatewaySessions()).toEqual([]);
  const silent = await examine(asked, { STATUS_PORT: '0' });
  expect(silent.about('running bot')).toMatch(/^differs running bot its status server is off/);
});

test('--channel without a token, offline, or with something else than an id is refused', async () => {
  await using patient = await openPatient();
  const id = patient.sandbox.channelId('Lounge');
  const codes = [];
  for (const args of [
    ['--channel', 'Lounge'],
    ['--channel', id, '--offline'],
  ]) {
    codes.push((await patient.examine(args)).code);
  }
  const without = await patient.examine(['--channel', id], { DISCORD_TOKEN: '' });
  expect([...codes, without.code]).toEqual([78, 78, 78]);
  expect(without.text).toBe('DISCORD_TOKEN: missing; --channel needs a bot');
});
