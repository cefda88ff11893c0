import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import { text } from '#src/texts/texts.ts';
import { joined, speech } from '#test/audio/speech.ts';
import { instantPace } from '#test/fakes/providers.ts';
import { buttonsOf, pressed, told, whispered } from './asking.ts';
import { expectAlike } from './likeness.ts';
import {
  call,
  callIn,
  converse,
  eventually,
  madeTexts,
  openScene,
  pieced,
  recognised,
  scenario,
  seat,
  shownWords,
  soon,
  utteredBy,
} from './scene.ts';

const question = speech('human-cards-004');
/** Ben says something else, so that no sound of his passes for one of Adam's. */
const another = speech('human-cards-003');
const replies = [{ match: /^/, text: 'Yes.' }];

/** Somebody who goes on and on. */
function monologue(seconds: number): Pcm {
  const piece = speech('human-cards-005');
  const count = Math.ceil((seconds * 1_000) / durationMs(piece));
  return { ...piece, samples: joined(Array.from({ length: count }, () => piece.samples)) };
}

/** The reply of `/privacy status`; a standing yes or no is a setting. */
function standing(yes: 'yes' | 'no', m: number) {
  return whispered('privacy.status', { yes: text(`privacy.${yes}`), n: 0, m });
}

/** Everything under the folder, as bytes. */
async function allBytes(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Buffer.concat(
    await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name)))),
  );
}

scenario('half a minute of somebody who did not agree is never opened, nor sent', async () => {
  await using scene = await openScene({ providers: { replies } });
  const [ben, adam] = [await seat(scene, 'Ben'), await callIn(scene, 'Adam')];
  await ben.settled(soon());
  const before = ben.counts().sentPackets;
  await ben.say(monologue(30), AbortSignal.timeout(50_000));
  const sent = ben.counts().sentPackets - before;
  expect(sent).toBeGreaterThan(1_500);
  expect(madeTexts(scene)).toEqual([text('join.spoken')]);
  expect(scene.providers.requests).toHaveLength(1);
  await converse(scene, adam, question);
  await told(adam, 'leave');
  const { counts } = await scene.bot.logged(({ msg }) => msg === 'link-closed', 10_000);
  expect(counts).toMatchObject({ notAllowed: sent, sealed: 0, unparsed: 0 });
  expect(recognised(scene)).toEqual(['Adam']);
});

scenario(
  'a yes and a no work from the next packet, and a no takes back what was said',
  async () => {
    await using scene = await openScene({ providers: { replies } });
    const [ben] = [await seat(scene, 'Ben'), await callIn(scene, 'Adam')];
    await ben.settled(soon());
    expect(await told(ben, 'privacy status')).toMatchObject(standing('no', 0));
    expect(await told(ben, 'privacy allow', { for: 'today' })).toMatchObject(
      whispered('privacy.allowed'),
    );
    expect(await told(ben, 'privacy status')).toMatchObject(standing('yes', 1));
    await converse(scene, ben, another);
    expect(recognised(scene)).toEqual(['Ben']);
    const { sentPackets } = ben.counts();
    const saying = ben.say(speech('human-cards-005'), soon());
    await eventually(() => expect(ben.counts().sentPackets).toBeGreaterThan(sentPackets + 60));
    expect(await told(ben, 'privacy deny')).toMatchObject(whispered('privacy.denied'));
    const asked = scene.providers.requests.length;
    const heardOfBen = scene.uttered.length;
    await saying;
    await ben.say(another, soon());
    expect(await told(ben, 'privacy status')).toMatchObject(standing('no', 1));
    expect(scene.providers.requests.length).toBe(asked);
    await converse(scene, scene.sandbox.person('Adam'), question);
    expect(recognised(scene).filter((name) => name !== 'nobody')).toEqual(['Ben', 'Adam']);
    await expectAlike(pieced(scene.uttered.slice(heardOfBen)), question);
    expect(shownWords(scene).filter((line) => line.startsWith('Ben: '))).toEqual([]);
  },
);

scenario('a no while words are being recognised ends that, and nothing is answered', async () => {
  const pace = { ...instantPace, recogniseMs: 5_000 };
  await using scene = await openScene({ providers: { replies, pace } });
  const adam = await seat(scene, 'Adam');
  const panel = await told(adam, 'join');
  await adam.settled(soon());
  await adam.say(question, soon());
  await eventually(() => expect(scene.providers.requests).not.toHaveLength(0));
  expect(await pressed(adam, panel, 'consent.never')).toMatchObject(whispered('privacy.denied'));
  const recognising = [...scene.providers.requests];
  await eventually(() => {
    for (const { leftAtMs } of recognising) expect(leftAtMs).toBeDefined();
  });
  expect(await pressed(adam, panel, 'consent.today')).toMatchObject(whispered('privacy.allowed'));
  scene.providers.set({ pace: instantPace });
  await converse(scene, adam, another);
  const answered = scene.providers.requests.filter(({ endedAtMs }) => endedAtMs !== undefined);
  expect(recognising.filter((request) => answered.includes(request))).toEqual([]);
  expect(recognised(scene)).toEqual(['nobody', 'Adam']);
  await expectAlike(utteredBy(scene, 'Adam'), another);
  expect(madeTexts(scene)).toEqual(['Yes.']);
});

scenario('a pause stops all hearing until somebody in the room resumes', async () => {
  await using scene = await openScene({ providers: { replies } });
  const adam = await callIn(scene, 'Adam');
  const cleo = scene.sandbox.person('Cleo');
  const barred = whispered('perm.room', { channel: 'Lounge' });
  for (const line of ['privacy pause', 'privacy resume']) {
    expect(await told(cleo, line)).toMatchObject(barred);
  }
  const paused = await told(adam, 'privacy pause');
  expect(paused).toMatchObject(whispered('privacy.paused'));
  await adam.say(question, soon());
  expect(scene.uttered).toEqual([]);
  expect(await pressed(adam, paused, 'resume')).toMatchObject(whispered('privacy.resumed'));
  await converse(scene, adam, question);
  expect(await told(adam, 'privacy pause')).toMatchObject(whispered('privacy.paused'));
  expect(await told(adam, 'privacy resume')).toMatchObject(whispered('privacy.resumed'));
  await converse(scene, adam, question);
  await told(adam, 'leave');
  expect(await told(adam, 'privacy pause')).toMatchObject(whispered('leave.nowhere'));
});

scenario('a yes for good outlives the bot; what is forgotten is in no file any more', async () => {
  await using scene = await openScene({ providers: { replies } });
  const ben = await seat(scene, 'Ben');
  expect(await told(ben, 'privacy allow')).toMatchObject(whispered('privacy.allowed'));
  await scene.restart();
  const adam = await callIn(scene, 'Adam');
  await ben.settled(soon());
  await converse(scene, ben, another);
  expect(recognised(scene)).toEqual(['Ben']);
  expect((await allBytes(scene.dataDir)).includes(ben.id)).toBe(true);
  const card = await told(ben, 'privacy forget');
  expect(card).toMatchObject(whispered('privacy.forget.ask', { n: 0, m: 0 }));
  expect(buttonsOf(card)).toEqual([['forget.confirm', text('button.forget')]]);
  const done = whispered('privacy.forget.done', { total: 1 });
  expect(await pressed(ben, card, 'forget.confirm')).toMatchObject(done);
  expect((await allBytes(scene.dataDir)).includes(ben.id)).toBe(false);
  expect(await told(ben, 'privacy status')).toMatchObject(standing('no', 0));
  await ben.say(another, soon());
  await converse(scene, adam, question);
  expect(recognised(scene)).toEqual(['Ben', 'Adam']);
  await scene.bot.stop();
  expect((await allBytes(scene.dataDir)).includes(ben.id)).toBe(false);
});

scenario('a no outlives the bot, too, whatever the policy', async () => {
  await using scene = await openScene({
    providers: { replies },
    environment: { CONSENT_POLICY: 'notice' },
  });
  const ben = await seat(scene, 'Ben');
  expect(await told(ben, 'privacy deny')).toMatchObject(whispered('privacy.denied'));
  await scene.restart();
  const adam = await callIn(scene, 'Adam');
  await ben.settled(soon());
  await ben.say(another, soon());
  await converse(scene, adam, question);
  expect(recognised(scene)).toEqual(['Adam']);
});

scenario('where the store cannot be read, only a yes said just now counts', async () => {
  const environment = { CONSENT_POLICY: 'notice' };
  await using scene = await openScene({ providers: { replies }, environment });
  const ben = await seat(scene, 'Ben');
  await told(ben, 'privacy allow');
  const store = join(scene.dataDir, 'parley.db');
  await scene.bot.stop();
  await rm(store);
  await mkdir(store);
  await scene.restart();
  const warnings = scene.bot.log.filter(({ level }) => level === 40);
  expect(warnings).toMatchObject([{ msg: expect.stringContaining(`The store ${store}`) }]);
  const adam = await seat(scene, 'Adam');
  const joining = adam.command('join');
  const warned = `${text('join.consent')}\n${text('privacy.unread')}`;
  expect(await joining.followed(soon())).toMatchObject({ text: warned, ephemeral: true });
  expect(await told(ben, 'privacy status')).toMatchObject(whispered('privacy.unread'));
  await Promise.all([adam.settled(soon()), ben.settled(soon())]);
  await ben.say(another, soon());
  await converse(scene, adam, question);
  expect(recognised(scene)).toEqual(['Adam']);
  const unsaved = `${text('privacy.allowed')}\n${text('privacy.unsaved')}`;
  expect(await told(ben, 'privacy allow')).toMatchObject({ text: unsaved, ephemeral: true });
  await converse(scene, ben, another);
  expect(recognised(scene)).toEqual(['Adam', 'Ben']);
  const card = await told(ben, 'privacy forget');
  const failed = whispered('privacy.forget.failed');
  expect(await pressed(ben, card, 'forget.confirm')).toMatchObject(failed);
  expect(scene.bot.isRunning).toBe(true);
});

scenario('a store full of garbage is told to the operator and opens nobody’s ears', async () => {
  await using scene = await openScene({ providers: { replies } });
  const ben = await seat(scene, 'Ben');
  await told(ben, 'privacy allow');
  await scene.bot.stop();
  const store = join(scene.dataDir, 'parley.db');
  await Promise.all(['-wal', '-shm'].map((end) => rm(`${store}${end}`, { force: true })));
  await writeFile(store, 'This is no database. '.repeat(1_000));
  await scene.restart();
  const damaged = expect.stringContaining(`The store ${store} is damaged`);
  expect(scene.bot.log).toContainEqual(expect.objectContaining({ level: 40, msg: damaged }));
  const adam = await callIn(scene, 'Adam');
  await ben.settled(soon());
  await ben.say(another, soon());
  await converse(scene, adam, question);
  expect(recognised(scene)).toEqual(['Adam']);
});

scenario('whoever has not called the bot is not heard, until they do', async () => {
  await using scene = await openScene({ providers: { replies } });
  const [adam, ben] = [await callIn(scene, 'Adam'), await seat(scene, 'Ben')];
  await ben.settled(soon());
  await ben.say(speech('human-goforward'), soon());
  // What Adam says later is answered, so what Ben said has been through the bot by then.
  await converse(scene, adam, question);
  expect(recognised(scene)).toEqual(['Adam']);
  await call(scene, ben);
  const { uttered } = await converse(scene, ben, another);
  await expectAlike(uttered, another);
  expect(recognised(scene)).toEqual(['Adam', 'Ben']);
});

scenario('under CONSENT_POLICY=notice everybody is heard', async () => {
  const environment = { CONSENT_POLICY: 'notice' };
  await using scene = await openScene({ providers: { replies }, environment });
  await callIn(scene, 'Adam');
  const ben = await seat(scene, 'Ben');
  await ben.settled(soon());
  const { uttered } = await converse(scene, ben, another);
  await expectAlike(uttered, another);
  expect(recognised(scene)).toEqual(['Ben']);
});
