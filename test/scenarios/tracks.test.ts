import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import {
  buttonsOf,
  commandReply,
  panelIn,
  pressed,
  spokenUp,
  whispered,
} from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  eventually,
  hearing,
  openScenario,
  returned,
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
    expect(names.slice(5, 10)).toEqual([
      ...['track.pause:bg', 'track.skip:bg', 'track.quieter:bg', 'track.louder:bg', 'track.list'],
    ]);
    expect(await pressed(adam, panelIn(setup), 'track.louder:bg')).toMatchObject(
      whispered('track.volume', { track: 'bg', n: 40 }),
    );
    const queued = await commandReply(adam, 'track play', { file: clip, track: 'bg' });
    expect(queued).toMatchObject(spokenUp('track.added', { title: 'digits', track: 'bg', n: 1 }));
    expect(await commandReply(adam, 'track skip', { track: 'bg' })).toMatchObject(
      spokenUp('track.skipped', { title: 'rain', next: 'digits' }),
    );
    expect(
      await commandReply(adam, 'track play', { sound: 'http://127.0.0.1:9/x.mp3' }),
    ).toMatchObject(whispered('track.bad', { reason: text('track.bad.not_allowed') }));
    const ben = await seat(setup, 'Ben');
    expect(await commandReply(ben, 'track stop', { track: 'bg' })).toMatchObject(
      spokenUp('track.denied', { owner: 'Adam', votes: 1, needed: 2 }),
    );
    const vote = text('track.denied.on', { track: 'bg', owner: 'Adam', votes: 1, needed: 2 });
    expect(await commandReply(ben, 'stop', { what: 'sounds' })).toMatchObject({
      ephemeral: true,
      text: [text('stop.others'), vote].join('\n'),
    });
    expect(await commandReply(adam, 'stop', { what: 'sounds' })).toMatchObject(
      whispered('stop.ok'),
    );
    expect(setup.bot.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  },
);

scenario(
  'what plays goes on where it was after a restart, and what is muted stays muted',
  async () => {
    await using setup = await openScenario();
    const adam = await callIn(setup, 'Adam');
    await commandReply(adam, 'track play', { sound: 'rain', track: 'bg', volume: 30, loop: true });
    await commandReply(adam, 'track play', { sound: 'bell', track: 'bg' });
    await commandReply(adam, 'track play', { sound: 'rain', track: 'quiet', loop: true });
    await commandReply(adam, 'track mute', { track: 'quiet' });
    await hearing(adam);
    await setup.restart();
    await returned(setup, adam);
    const heardBefore = adam.heard.frames.length;
    // Its files are opened again in a decoder that is only being started.
    await eventually(() => expect(adam.heard.frames.length).toBeGreaterThan(heardBefore + 25));
    expect((await commandReply(adam, 'track queue', { track: 'bg' })).text).toMatch(
      /^bg: rain, 0:0\d \/ 0:30, on repeat, 30 %\n1\. bell \(Adam\)$/,
    );
    expect((await commandReply(adam, 'track queue', { track: 'quiet' })).text).toContain(
      text('track.mutes'),
    );
  },
);
