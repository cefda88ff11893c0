import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import { text } from '#src/texts/texts.ts';
import { joined, speech } from '#test/audio/speech.ts';
import { instantPace } from '#test/fakes/providers/providers.ts';
import { buttonsOf, pressed, told, whispered } from '#test/scenarios/setup/asking.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  call,
  callIn,
  converse,
  eventually,
  madeTexts,
  openOwnScene,
  openScene,
  pieced,
  recognised,
  type ScenarioSetup,
  scenario,
  seat,
  shownWords,
  soon,
  utteredBy,
} from '#test/scenarios/setup/scenario-setup.ts';

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

/** The reply of `/privacy status`; a standing yes or no is an item, and so is what somebody's answers took today. */
function standing(yes: 'yes' | 'no', n: number) {
  return whispered('privacy.status', { yes: text(`privacy.${yes}`), n });
}

/** Everything under the folder, as bytes. */
async function allBytes(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Buffer.concat(
    await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name)))),
  );
}

/** Only those who have the role Listeners are heard unasked. */
function listenersOnly(sandbox: Sandbox) {
  const CONSENT_ROLE_ID = sandbox.guild().addRole('Listeners');
  return { CONSENT_POLICY: 'role', CONSENT_ROLE_ID };
}

/** Resolves when the bot has asked again which roles this person has. */
async function reread({ sandbox }: ScenarioSetup, { id }: SandboxPerson): Promise<void> {
  const reads = () => sandbox.requests().filter(({ path }) => path.endsWith(`/members/${id}`));
  const before = reads().length;
  await eventually(() => expect(reads().length).toBeGreaterThan(before));
}

scenario('half a minute of somebody who did not agree is never opened, nor sent', async () => {
  await using scene = await openScene({ providers: { replies } });
  const [ben, adam] = [await seat(scene, 'Ben'), await callIn(scene, 'Adam')];
  await ben.settled(soon());
  const before = ben.counts().sentPackets;
  const speaking = ben.say(monologue(30), AbortSignal.timeout(50_000));
  const sent = () => ben.counts().sentPackets - before;
  await vi.waitFor(() => expect(sent()).toBeGreaterThan(1_000), { timeout: 40_000 });
  expect(madeTexts(scene)).toEqual([text('join.spoken')]);
  expect(scene.providers.requests).toHaveLength(1);
  const { uttered } = await converse(scene, adam, question);
  await speaking;
  expect(sent()).toBeGreaterThan(1_500);
  await told(adam, 'leave');
  const { counts } = await scene.bot.logged(({ msg }) => msg === 'link-closed', 10_000);
  expect(counts).toMatchObject({ notAllowed: sent(), sealed: 0, unparsed: 0 });
  await expectAlike(uttered, question);
  expect(recognised(scene)).toEqual(['Adam']);
});

scenario('under CONSENT_POLICY=role those are heard who sit down with the role', async () => {
  await using scene = await openOwnScene({ providers: { replies }, environment: listenersOnly });
  const [ben, adam] = [await seat(scene, 'Ben'), await callIn(scene, 'Adam')];
  await ben.settled(soon());
  await ben.say(another, soon());
  await converse(scene, adam, question);
  expect(recognised(scene)).toEqual(['Adam']);
  await ben.leave();
  scene.sandbox.guild().giveRole('Ben', 'Listeners');
  await seat(scene, 'Ben');
  await ben.settled(soon());
  await converse(scene, ben, another);
  expect(recognised(scene)).toEqual(['Adam', 'Ben']);
});

scenario('who loses the role in a call is heard no more, and who gets it is heard', async () => {
  await using scene = await openOwnScene({ providers: { replies }, environment: listenersOnly });
  const guild = scene.sandbox.guild();
  const ben = guild.person('Ben');
  guild.giveRole('Ben', 'Listeners');
  const [, adam] = [await seat(scene, 'Ben'), await callIn(scene, 'Adam')];
  await ben.settled(soon());
  guild.takeRole('Ben', 'Listeners');
  await reread(scene, ben);
  await ben.say(another, soon());
  await converse(scene, adam, question);
  expect(recognised(scene)).toEqual(['Adam']);
  guild.giveRole('Ben', 'Listeners');
  await reread(scene, ben);
  await converse(scene, ben, another);
  expect(recognised(scene)).toEqual(['Adam', 'Ben']);
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
    expect(await told(ben, 'privacy status')).toMatchObject(standing('no', 2));
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
  expect(card).toMatchObject(whispered('privacy.forget.ask'));
  expect(buttonsOf(card)).toEqual([['forget.confirm', text('button.forget')]]);
  const done = whispered('privacy.forget.done', { total: 2 });
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
