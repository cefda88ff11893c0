import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { writeWav } from '#src/audio/wav.ts';
import { type TextId, text } from '#src/texts/texts.ts';
import { makeToken, vacantPort } from '#test/fakes/program.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  eventually,
  openOwnScenario,
  scenario,
} from '#test/scenarios/setup/scenario-setup.ts';

const long = 'This is a text that takes a while to be said, since it goes on and on. '
  .repeat(5)
  .trim();

/** A server of sounds whose connection breaks after two seconds of each, and that has nothing more to give. */
async function openBreaking() {
  const bytes = writeWav({
    samples: new Int16Array(960_000).fill(900),
    rateHz: 48_000,
    channels: 1,
  });
  let asked = 0;
  const server = createServer((_request, response) => {
    if (asked++ > 0) {
      response.destroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'audio/wav', 'content-length': bytes.length });
    response.write(bytes.subarray(0, 192_044), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function openPlaying() {
  const port = await vacantPort();
  const breaking = await openBreaking();
  const setup = await openOwnScenario({
    environment: ({ cdnHost }) => ({
      COMMANDS_PER_PERSON: '0',
      PAGE_PORT: `${port}`,
      SPEECH_MODELS: 'tts-hd',
      TRACK_ALLOWED_HOSTS: `${cdnHost},${breaking.host}`,
    }),
  });
  const adam = await callIn(setup, 'Adam');
  return {
    setup,
    adam,
    port,
    link: `http://${breaking.host}/storm.wav`,
    async [Symbol.asyncDispose]() {
      await setup[Symbol.asyncDispose]();
      breaking[Symbol.dispose]();
    },
  };
}

/** Does this to a track as soon as something is on it. */
async function steer(adam: SandboxPerson, action: 'skip' | 'stop', track: string): Promise<void> {
  const done = action === 'skip' ? /skipped/i : /stopped/i;
  await eventually(async () =>
    expect((await commandReply(adam, `track ${action}`, { track })).text).toMatch(done),
  );
}

scenario(
  'a person who waits reads how a text and a sound ended, in the reply to their command',
  async () => {
    await using playing = await openPlaying();
    const { adam, link, setup } = playing;
    const ends = async (
      line: string,
      words: Record<string, string | boolean>,
      id: TextId,
      reported: Record<string, string>,
      act?: () => Promise<void>,
    ) => {
      const asked = adam.command(line, { ...words, wait: true });
      await eventually(() => expect(asked.reply?.text).toBeDefined());
      await act?.();
      await eventually(() => expect(asked.reply?.text).toBe(text(id, reported)));
    };
    const short = { title: '“Hi there.”' };
    const title = `“${long.slice(0, 40).trim()}…”`;
    for (const [words, track] of [
      [{}, 'voice'],
      [{ track: 'news' }, 'news'],
    ] as const) {
      await ends('say', { text: 'Hi there.', ...words }, 'ended.completed', short);
      const skip = () => steer(adam, 'skip', track);
      await ends('say', { text: long, ...words }, 'ended.skipped', { title }, skip);
      const stop = () => steer(adam, 'stop', track);
      await ends('say', { text: long, ...words }, 'ended.asked', { title }, stop);
    }
    await ends('track play', { sound: 'bell' }, 'ended.completed', { title: 'bell' });
    const rain = { title: 'rain' };
    await ends('track play', { sound: 'rain' }, 'ended.skipped', rain, () =>
      steer(adam, 'skip', 'main'),
    );
    const looped = { sound: 'rain', loop: true };
    await ends('track play', looped, 'ended.asked', rain, () => steer(adam, 'stop', 'main'));
    await ends('track play', { sound: link }, 'ended.failed', {
      title: 'storm.wav',
      reason: text('track.bad.unreachable'),
    });
    setup.providers.set({ trouble: { speech: 'error-500' } });
    const reason = text('track.bad.voice');
    for (const words of [{}, { track: 'news' }])
      await ends('say', { text: 'Hi there.', ...words }, 'ended.failed', { ...short, reason });
  },
);

scenario('a program that waits is told how a text and a sound ended', async () => {
  await using playing = await openPlaying();
  const { link, port, setup } = playing;
  const { guildId } = setup.sandbox;
  const token = await makeToken({ DATA_DIR: setup.dataDir }, guildId, 'say,track');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const at = (path: string) => `http://127.0.0.1:${port}/v1/servers/${guildId}/${path}`;
  const post = async (path: string, body: object = {}) => {
    const response = await fetch(at(path), { method: 'POST', headers, body: JSON.stringify(body) });
    const answer: Record<string, unknown> = Object(await response.json());
    expect(answer).not.toHaveProperty('error');
    return answer;
  };
  const endOf = async (path: string, body: object, action?: 'skip' | 'stop', track = 'voice') => {
    if (!action) return await post(path, { ...body, wait: true });
    const { id } = await post(path, body);
    const waiting = fetch(at(`plays/${id}?wait=true`), { headers });
    await post(`tracks/${track}/${action}`);
    const answer: Record<string, unknown> = Object(await (await waiting).json());
    return answer;
  };
  for (const [words, track] of [
    [{}, 'voice'],
    [{ track: 'news' }, 'news'],
  ] as const) {
    expect(await endOf('say', { text: 'Hi there.', ...words })).toMatchObject({
      ended: 'completed',
    });
    const skipped = await endOf('say', { text: long, ...words }, 'skip', track);
    expect(skipped).toMatchObject({ ended: 'skipped' });
    const stopped = await endOf('say', { text: long, ...words }, 'stop', track);
    expect(stopped).toMatchObject({ ended: 'stopped', why: 'asked' });
  }
  expect(await endOf('tracks', { sound: 'bell' })).toMatchObject({ ended: 'completed' });
  expect(await endOf('tracks', { sound: 'rain' }, 'skip', 'main')).toMatchObject({
    ended: 'skipped',
  });
  expect(await endOf('tracks', { sound: 'rain', loop: true }, 'stop', 'main')).toMatchObject({
    ended: 'stopped',
    why: 'asked',
  });
  expect(await endOf('tracks', { sound: link })).toMatchObject({
    ended: 'failed',
    reason: text('track.bad.unreachable'),
  });

  const manner = { voice: 'marin', model: 'tts-hd', tone: 'In a whisper.', speed: 2 };
  await endOf('say', { text: 'A secret.', track: 'news', ...manner });
  const { body } = setup.providers.requests.findLast(({ endpoint }) => endpoint === 'speech') ?? {};
  expect(body).toMatchObject({ voice: 'marin', model: 'tts-hd', instructions: 'In a whisper.' });

  setup.providers.set({ trouble: { speech: 'error-500' } });
  for (const words of [{}, { track: 'news' }])
    expect(await endOf('say', { text: 'Hi there.', ...words })).toMatchObject({
      ended: 'failed',
      reason: text('track.bad.voice'),
    });
  expect(setup.bot.log.filter(({ level }) => Number(level) >= 60)).toEqual([]);
});

scenario('who waits while the bot is stopped is told that it left', async () => {
  await using playing = await openPlaying();
  const { adam, port, setup } = playing;
  const { guildId } = setup.sandbox;
  const token = await makeToken({ DATA_DIR: setup.dataDir }, guildId, 'say,track');
  const looped = { sound: 'rain', loop: true, wait: true };
  const asked = adam.command('track play', looped);
  const program = fetch(`http://127.0.0.1:${port}/v1/servers/${guildId}/tracks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...looped, track: 'bg' }),
  });
  for (const track of ['main', 'bg']) {
    await eventually(async () =>
      expect((await commandReply(adam, 'track queue', { track })).text).toContain('rain'),
    );
  }
  await setup.restart();
  expect(await (await program).json()).toMatchObject({ ended: 'stopped', why: 'left' });
  await eventually(() => expect(asked.reply?.text).toBe(text('ended.left', { title: 'rain' })));
});
