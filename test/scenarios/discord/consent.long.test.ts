import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import { text } from '#src/texts/texts.ts';
import { joined, speech } from '#test/audio/speech.ts';
import { instantPace } from '#test/fakes/providers/providers.ts';
import { buttonsOf, commandReply, pressed, whispered } from '#test/scenarios/setup/asking.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  call,
  callIn,
  converse,
  eventually,
  madeTexts,
  openOwnScenario,
  openScenario,
  pieced,
  recognised,
  returned,
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
  return whispered('privacy.status', { yes: text(`privacy.${yes}`), n: 0, memories: 0, m: n });
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

scenario('somebody who goes on and on and did not agree is never opened, nor sent', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const [ben, adam] = [await seat(setup, 'Ben'), await callIn(setup, 'Adam')];
  await ben.settled(soon());
  const before = ben.counts().sentPackets;
  const speaking = ben.say(monologue(8), soon());
  const sent = () => ben.counts().sentPackets - before;
  await eventually(() => expect(sent()).toBeGreaterThan(150));
  expect(madeTexts(setup)).toEqual([text('join.spoken')]);
  expect(setup.providers.requests).toHaveLength(1);
  const { uttered } = await converse(setup, adam, question);
  await speaking;
  expect(sent()).toBeGreaterThan(400);
  await commandReply(adam, 'leave');
  const { counts } = await setup.bot.logged(({ msg }) => msg === 'link-closed', 10_000);
  expect(counts).toMatchObject({ sealed: 0, unparsed: 0 });
  const { notAllowed } = counts as { readonly notAllowed: number };
  expect(sent() - notAllowed).toBeOneOf([0, 1]); // the last one may be on its way when the bot leaves
  await expectAlike(uttered, question);
  expect(recognised(setup)).toEqual(['Adam']);
});

scenario('under CONSENT_POLICY=role those are heard who sit down with the role', async () => {
  await using setup = await openOwnScenario({ providers: { replies }, environment: listenersOnly });
  const [ben, adam] = [await seat(setup, 'Ben'), await callIn(setup, 'Adam')];
  await ben.settled(soon());
  await ben.say(another, soon());
  await converse(setup, adam, question);
  expect(recognised(setup)).toEqual(['Adam']);
  await ben.leave();
  setup.sandbox.guild().giveRole('Ben', 'Listeners');
  await seat(setup, 'Ben');
  await ben.settled(soon());
  await converse(setup, ben, another);
  expect(recognised(setup)).toEqual(['Adam', 'Ben']);
});

scenario('who loses the role in a call is heard no more, and who gets it is heard', async () => {
  await using setup = await openOwnScenario({ providers: { replies }, environment: listenersOnly });
  const guild = setup.sandbox.guild();
  const ben = guild.person('Ben');
  guild.giveRole('Ben', 'Listeners');
  const [, adam] = [await seat(setup, 'Ben'), await callIn(setup, 'Adam')];
  await ben.settled(soon());
  guild.takeRole('Ben', 'Listeners');
  await reread(setup, ben);
  await ben.say(another, soon());
  await converse(setup, adam, question);
  expect(recognised(setup)).toEqual(['Adam']);
  guild.giveRole('Ben', 'Listeners');
  await reread(setup, ben);
  await converse(setup, ben, another);
  expect(recognised(setup)).toEqual(['Adam', 'Ben']);
});

scenario(
  'a yes and a no work from the next packet, and a no takes back what was said',
  async () => {
    await using setup = await openScenario({ providers: { replies } });
    const [ben] = [await seat(setup, 'Ben'), await callIn(setup, 'Adam')];
    await ben.settled(soon());
    expect(await commandReply(ben, 'privacy status')).toMatchObject(standing('no', 0));
    expect(await commandReply(ben, 'privacy allow')).toMatchObject(whispered('privacy.allowed'));
    expect(await commandReply(ben, 'privacy status')).toMatchObject(standing('yes', 1));
    await converse(setup, ben, another);
    expect(recognised(setup)).toEqual(['Ben']);
    const { sentPackets } = ben.counts();
    const saying = ben.say(speech('human-cards-005'), soon());
    await eventually(() => expect(ben.counts().sentPackets).toBeGreaterThan(sentPackets + 60));
    expect(await commandReply(ben, 'privacy deny')).toMatchObject(whispered('privacy.denied'));
    const asked = setup.providers.requests.length;
    const heardOfBen = setup.uttered.length;
    await saying;
    await ben.say(another, soon());
    expect(await commandReply(ben, 'privacy status')).toMatchObject(standing('no', 2));
    expect(setup.providers.requests.length).toBe(asked);
    await converse(setup, setup.sandbox.person('Adam'), question);
    expect(recognised(setup).filter((name) => name !== 'nobody')).toEqual(['Ben', 'Adam']);
    await expectAlike(pieced(setup.uttered.slice(heardOfBen)), question);
    expect(shownWords(setup).filter((line) => line.startsWith('Ben: '))).toEqual([]);
  },
);

scenario('a no while words are being recognised ends that, and nothing is answered', async () => {
  const pace = { ...instantPace, recogniseMs: 5_000 };
  await using setup = await openScenario({ providers: { replies, pace } });
  const adam = await seat(setup, 'Adam');
  const panel = await commandReply(adam, 'join');
  await adam.settled(soon());
  await adam.say(question, soon());
  await eventually(() => expect(setup.providers.requests).not.toHaveLength(0));
  expect(await pressed(adam, panel, 'consent.never')).toMatchObject(whispered('privacy.denied'));
  const recognising = [...setup.providers.requests];
  await eventually(() => {
    for (const { leftAtMs } of recognising) expect(leftAtMs).toBeDefined();
  });
  expect(await pressed(adam, panel, 'consent.always')).toMatchObject(whispered('privacy.allowed'));
  setup.providers.set({ pace: instantPace });
  await converse(setup, adam, another);
  const answered = setup.providers.requests.filter(({ endedAtMs }) => endedAtMs !== undefined);
  expect(recognising.filter((request) => answered.includes(request))).toEqual([]);
  expect(recognised(setup)).toEqual(['nobody', 'Adam']);
  await expectAlike(utteredBy(setup, 'Adam'), another);
  expect(madeTexts(setup)).toEqual(['Yes.']);
});

scenario('a pause stops all hearing until somebody in the room resumes', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const adam = await callIn(setup, 'Adam');
  const cleo = setup.sandbox.person('Cleo');
  const barred = whispered('perm.room', { channel: 'Lounge' });
  for (const line of ['privacy pause', 'privacy resume']) {
    expect(await commandReply(cleo, line)).toMatchObject(barred);
  }
  const paused = await commandReply(adam, 'privacy pause');
  expect(paused).toMatchObject(whispered('privacy.paused'));
  await adam.say(question, soon());
  expect(setup.uttered).toEqual([]);
  expect(await pressed(adam, paused, 'resume')).toMatchObject(whispered('privacy.resumed'));
  await converse(setup, adam, question);
  expect(await commandReply(adam, 'privacy pause')).toMatchObject(whispered('privacy.paused'));
  expect(await commandReply(adam, 'privacy resume')).toMatchObject(whispered('privacy.resumed'));
  await converse(setup, adam, question);
  await commandReply(adam, 'leave');
  expect(await commandReply(adam, 'privacy pause')).toMatchObject(whispered('leave.nowhere'));
});

scenario('a yes for good outlives the bot, until its person is forgotten', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const ben = await seat(setup, 'Ben');
  expect(await commandReply(ben, 'privacy allow')).toMatchObject(whispered('privacy.allowed'));
  await setup.restart();
  const adam = await callIn(setup, 'Adam');
  await ben.settled(soon());
  await converse(setup, ben, another);
  expect(recognised(setup)).toEqual(['Ben']);
  const card = await commandReply(ben, 'privacy forget');
  expect(card).toMatchObject(whispered('privacy.forget.ask', { n: 0, m: 0 }));
  expect(buttonsOf(card)).toEqual([['forget.confirm', text('button.forget')]]);
  const done = [
    text('privacy.forget.done', { total: 1 }),
    text('privacy.forget.copies'),
    text('privacy.forget.denied'),
  ];
  expect((await pressed(ben, card, 'forget.confirm')).text).toBe(done.join('\n'));
  expect(await commandReply(ben, 'privacy status')).toMatchObject(standing('no', 0));
  await ben.say(another, soon());
  await converse(setup, adam, question);
  expect(recognised(setup)).toEqual(['Ben', 'Adam']);
});

scenario('whoever has not called the bot is not heard, until they do', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const [adam, ben] = [await callIn(setup, 'Adam'), await seat(setup, 'Ben')];
  await ben.settled(soon());
  await ben.say(speech('human-goforward'), soon());
  // What Adam says later is answered, so what Ben said has been through the bot by then.
  await converse(setup, adam, question);
  expect(recognised(setup)).toEqual(['Adam']);
  await call(setup, ben);
  const { uttered } = await converse(setup, ben, another);
  await expectAlike(uttered, another);
  expect(recognised(setup)).toEqual(['Adam', 'Ben']);
});

scenario(
  'under CONSENT_POLICY=notice everybody is heard, but who said no, which outlives the bot',
  async () => {
    const environment = { CONSENT_POLICY: 'notice' };
    await using setup = await openScenario({ providers: { replies }, environment });
    const [ben, adam] = [await seat(setup, 'Ben'), await callIn(setup, 'Adam')];
    await ben.settled(soon());
    const { uttered } = await converse(setup, ben, another);
    await expectAlike(uttered, another);
    expect(recognised(setup)).toEqual(['Ben']);
    expect(await commandReply(ben, 'privacy deny')).toMatchObject(whispered('privacy.denied'));
    await setup.restart();
    await returned(setup, adam, ben);
    await ben.say(another, soon());
    await converse(setup, adam, question);
    expect(recognised(setup)).toEqual(['Ben', 'Adam']);
  },
);
