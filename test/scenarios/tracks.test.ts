import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import {
  buttonsOf,
  commandReply,
  panelIn,
  spokenUp,
  whispered,
} from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  eventually,
  hearing,
  openScenario,
  scenario,
  seat,
} from '#test/scenarios/setup/scenario-setup.ts';

const clip = {
  name: 'digits.mp3',
  type: 'audio/mpeg',
  bytes: readFileSync(new URL('../fixtures/recordings/digits.mp3', import.meta.url)),
};

scenario(
  'sounds play on tracks, are steered by commands and by the panel, and are heard',
  async () => {
    await using setup = await openScenario();
    const adam = await callIn(setup, 'Adam');
    const rain = { sound: 'rain', track: 'bg', volume: 30, loop: true };
    expect(await commandReply(adam, 'track play', rain)).toMatchObject(
      spokenUp('track.playing', { title: 'rain', track: 'bg' }),
    );
    await hearing(adam);
    await eventually(() => {
      expect(panelIn(setup).text).toMatch(/Tracks: bg: rain, 0:0\d \/ 0:30, 30 %/);
    });
    const names = buttonsOf(panelIn(setup)).map(([name]) => name);
    expect(names.slice(3, 5)).toEqual(['track.pause:bg', 'track.skip:bg']);
    const queued = await commandReply(adam, 'track play', { file: clip, track: 'bg' });
    expect(queued).toMatchObject(spokenUp('track.added', { title: 'digits', track: 'bg', n: 1 }));
    expect(await commandReply(adam, 'track skip', { track: 'bg' })).toMatchObject(
      spokenUp('track.skipped', { title: 'rain' }),
    );
    expect(
      await commandReply(adam, 'track play', { sound: 'http://127.0.0.1:9/x.mp3' }),
    ).toMatchObject(whispered('track.bad', { reason: text('track.bad.not_allowed') }));
    const ben = await seat(setup, 'Ben');
    expect(await commandReply(ben, 'track stop', { track: 'bg' })).toMatchObject(
      spokenUp('track.denied.on', { track: 'bg', owner: 'Adam', votes: 1, needed: 2 }),
    );
    const vote = text('track.denied.on', { track: 'bg', owner: 'Adam', votes: 1, needed: 2 });
    expect(await commandReply(ben, 'stop', { what: 'sounds' })).toMatchObject({
      ephemeral: true,
      text: [text('perm.dj'), vote].join('\n'),
    });
    expect(await commandReply(adam, 'stop', { what: 'sounds' })).toMatchObject(
      whispered('stop.ok'),
    );
    expect(setup.bot.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  },
);
