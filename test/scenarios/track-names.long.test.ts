import { makeToken } from '#test/fakes/run-program.ts';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  openOwnScenario,
  playScenario,
  retryUntilHeld,
  waitForReturn,
  waitForSpeech,
} from '#test/scenarios/setup/scenario-setup.ts';

const names = ['Rainy Day', '雨の音', '🎸 & 🥁', '100% a/b?'];

playScenario(
  'tracks of people and programs share names of every script, and have them again after a restart',
  async () => {
    const port = await findFreePort();
    await using setup = await openOwnScenario({
      environment: { PAGE_PORT: `${port}` },
    });
    const { guildId } = setup.sandbox;
    const token = await makeToken({ DATA_DIR: setup.dataDir }, guildId, 'track');
    const askTracks = async (path: string, body?: object) => {
      const response = await fetch(
        `http://127.0.0.1:${port}/v1/servers/${guildId}/tracks${path}`,
        {
          method: body ? 'POST' : 'GET',
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
          },
          ...(body && { body: JSON.stringify(body) }),
        },
      );
      return { status: response.status, json: await response.json() };
    };
    const pathOf = (name: string) => `/${encodeURIComponent(name)}`;
    const findTrack = async (name: string) => {
      const { json } = await askTracks('');
      const { tracks } = json as {
        readonly tracks: readonly { readonly name: string }[];
      };
      return tracks.find((track) => track.name === name);
    };
    const adam = await callIn(setup, 'Adam');
    await commandReply(adam, 'track play', {
      sound: 'rain',
      track: names[0] ?? '',
      loop: true,
    });
    for (const name of names) {
      const sound = name === names[0] ? 'bell' : 'rain';
      expect(await askTracks('', { sound, track: name, loop: true })).toMatchObject({
        status: 200,
      });
    }
    await waitForSpeech(adam);
    const [day = '', sound = '', band = ''] = names;
    await askTracks(`${pathOf(day)}/pause`, {});
    expect(
      await askTracks(`${pathOf(day.toUpperCase())}/seek`, { atMs: 20_000 }),
    ).toMatchObject({
      json: { outcomes: [{ kind: 'changed', track: day }] },
    });
    expect(await askTracks(`${pathOf(day)}/seek`, { atMs: 30_001 })).toMatchObject({
      status: 422,
      json: { error: { code: 'track.past_end' } },
    });
    await askTracks(`${pathOf(sound)}/volume`, { percent: 20 });
    await askTracks(`${pathOf(band)}/mute`, {});
    await askTracks(`${pathOf(band)}/loop`, { on: false });
    expect(await askTracks(`${pathOf(day)}/remove`, { item: 2 })).toMatchObject({
      status: 404,
      json: { error: { code: 'track.no_item' } },
    });
    await setup.restart();
    await waitForReturn(setup, adam);
    const loop = { current: { loop: true } };
    const paused = { current: { loop: true, positionMs: 20_000 }, isPaused: true };
    const waiting = [{ title: 'bell' }];
    await retryUntilHeld(async () => {
      expect(await findTrack(day)).toMatchObject({ ...paused, name: day, waiting });
      expect(await findTrack(sound)).toMatchObject({ ...loop, percent: 20 });
      expect(await findTrack(band)).toMatchObject({
        isMuted: true,
        current: { loop: false },
      });
    });
    expect(await askTracks(`${pathOf(day)}/remove`, { item: 'bell' })).toMatchObject({
      json: { outcomes: [{ kind: 'changed', track: day }] },
    });
    expect(
      (await commandReply(adam, 'track stop', { track: 'rainy day' })).text,
    ).toContain(day);
    expect(setup.bot.complaints).toBe('');
  },
);
