import { expect } from 'vitest';
import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import { text } from '#src/texts/texts.ts';
import { joined, speech } from '#test/audio/speech.ts';
import { buttonsOf, commandReply, pressed, whispered } from '#test/scenarios/setup/asking.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  converse,
  eventually,
  madeTexts,
  openScenario,
  pieced,
  recognised,
  returned,
  scenario,
  seat,
  shownWords,
  soon,
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
function standing(consent: 'always' | 'brief' | 'policy' | 'no', n: number) {
  const kept = text('privacy.status', { n: 0, memories: 0, m: n });
  return { ephemeral: true, text: `${text(`consent.${consent}`)}\n${kept}` };
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

scenario(
  'a yes and a no work from the next packet, and a no takes back what was said',
  async () => {
    await using setup = await openScenario({ providers: { replies } });
    const [ben] = [await seat(setup, 'Ben'), await callIn(setup, 'Adam')];
    await ben.settled(soon());
    expect(await commandReply(ben, 'privacy status')).toMatchObject(standing('no', 0));
    expect(await commandReply(ben, 'privacy allow')).toMatchObject(whispered('consent.always'));
    expect(await commandReply(ben, 'privacy status')).toMatchObject(standing('always', 1));
    await converse(setup, ben, another);
    expect(recognised(setup)).toEqual(['Ben']);
    const { sentPackets } = ben.counts();
    const saying = ben.say(speech('human-cards-005'), soon());
    await eventually(() => expect(ben.counts().sentPackets).toBeGreaterThan(sentPackets + 60));
    expect(await commandReply(ben, 'privacy deny')).toMatchObject(whispered('consent.no'));
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

scenario('a yes for good outlives the bot, until its person is forgotten', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const ben = await seat(setup, 'Ben');
  expect(await commandReply(ben, 'privacy allow')).toMatchObject(whispered('consent.always'));
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
    expect(await commandReply(ben, 'privacy deny')).toMatchObject(whispered('consent.no'));
    await setup.restart();
    await returned(setup, adam, ben);
    await ben.say(another, soon());
    await converse(setup, adam, question);
    expect(recognised(setup)).toEqual(['Ben', 'Adam']);
  },
);
