import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { makeToken } from '#test/fakes/program.ts';
import { scenario } from '#test/scenarios/setup/scenario-setup.ts';
import { long, openPlaying } from '#test/scenarios/setup/track-endings.ts';

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
