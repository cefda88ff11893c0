import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  converse,
  eventually,
  hearing,
  madeTexts,
  openOwnScenario,
  openScenario,
  pass,
  type ScenarioExchange,
  type ScenarioSetup,
  scenario,
  seat,
  shownWords,
  soon,
  toneOf,
  utteredBy,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-goforward');
const brief = speech('human-cards-001');
const replies = [
  { match: 'Adam: ', text: 'Yes, Adam.' },
  { match: 'Ben: ', text: 'No, Ben.' },
  { match: 'Cleo: ', text: 'Perhaps, Cleo.' },
];

/** By then any answer would have begun. */
const waitedMs = 1_500;

/** Both sides heard what the other said. */
async function expectUnderstanding({ uttered, heard, made }: ScenarioExchange): Promise<void> {
  await expectAlike(uttered, question);
  await expectAlike(heard.pcm, made);
}

scenario('in company only words that are meant for the bot reach the model', async () => {
  let words = 'what time is it';
  const providers = { replies, hears: () => words };
  await using setup = await openScenario({ providers, environment: { CONSENT_POLICY: 'notice' } });
  const [ben, adam] = [await seat(setup, 'Ben'), await callIn(setup, 'Adam')];
  await ben.settled(soon());
  const unheeded = async (person: SandboxPerson) => {
    const asked = setup.providers.requests.length;
    await person.say(brief, soon());
    await pass(waitedMs);
    const since = setup.providers.requests.slice(asked).map(({ endpoint }) => endpoint);
    expect(new Set(since)).toEqual(new Set(['transcriptions']));
  };
  await unheeded(adam);
  words = 'Nova, what time is it';
  await converse(setup, adam, brief);
  words = 'and in Rome';
  await converse(setup, adam, brief);
  words = 'and in Lima';
  await unheeded(ben);
  await ben.leave();
  await adam.settled(soon());
  words = 'what time is it now';
  await converse(setup, adam, brief);
  expect(shownWords(setup)).toEqual(
    ['Nova, what time is it', 'and in Rome', words].map((said) => `Adam: ${said}`),
  );
  expect(new Set(madeTexts(setup).slice(1))).toEqual(new Set(['Yes, Adam.']));
});

scenario('whoever calls the bot and speaks hears an answer, end-to-end encrypted', async () => {
  await using setup = await openScenario();
  const adam = await seat(setup, 'Adam');
  const called = adam.command('join');
  const answer = {
    text: expect.stringContaining(`${text('join.ok', { channel: 'Lounge' })}\n`),
    ephemeral: false,
  };
  expect(await called.answered(soon())).toMatchObject(answer);
  await eventually(() =>
    expect(called.followUps).toMatchObject([{ text: text('join.consent'), ephemeral: true }]),
  );
  await adam.settled(soon());
  const exchange = await converse(setup, adam, question);
  await expectUnderstanding(exchange);
  expect(exchange.heard).toMatchObject({ openFrames: 0, ended: 'quiet' });
  const left = await adam.command('leave').answered(soon());
  expect(left.ephemeral).toBe(false);
  expect(left.text).toMatch(/^Left Lounge after \d+ s\.$/);
  expect(setup.sandbox.bot()).toEqual({ online: true, channel: undefined });
});

scenario(
  'a call without end-to-end encryption sounds the same, and start-up named the codec',
  async () => {
    await using setup = await openOwnScenario({ sandbox: { dave: 0 } });
    const started = setup.bot.log.find(({ msg }) => msg?.startsWith('ready:'));
    expect(started).toMatchObject({ opus: (await loadOpus()).name });
    const adam = await callIn(setup, 'Adam');
    const exchange = await converse(setup, adam, question);
    await expectUnderstanding(exchange);
    expect(exchange.heard).toMatchObject({ sealedFrames: 0 });
  },
);

scenario('two people who speak at once are told apart, and both are answered', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const said = { Adam: speech('human-cards-004'), Ben: speech('human-digits-2934z') };
  const [adam, ben] = [await callIn(setup, 'Adam'), await callIn(setup, 'Ben')];
  await adam.settled(soon());
  await Promise.all([adam.say(said.Adam, soon()), ben.say(said.Ben, soon())]);
  await eventually(() => expect(madeTexts(setup)).toContain('Yes, Adam.'));
  await eventually(() => expect(madeTexts(setup)).toContain('No, Ben.'));
  const waits = { sinceMs: 0, quietMs: 1_000, timeoutMs: 20_000 };
  for (const person of [adam, ben]) {
    const heard = await person.listen(waits, soon());
    await expectAlike(heard.pcm, toneOf(madeTexts(setup)));
  }
  await expectAlike(utteredBy(setup, 'Adam'), said.Adam);
  await expectAlike(utteredBy(setup, 'Ben'), said.Ben);
});

scenario('somebody who comes in mid-sentence makes nobody miss a word', async () => {
  await using setup = await openScenario();
  const adam = await callIn(setup, 'Adam');
  const [exchange, cleo] = await Promise.all([
    converse(setup, adam, question),
    comeIn(setup, 'Cleo', adam),
  ]);
  await expectUnderstanding(exchange);
  await cleo.settled(soon());
  expect(exchange.heard).toMatchObject({ openFrames: 0 });
});

scenario('somebody who goes in mid-answer makes nobody miss a word', async () => {
  await using setup = await openScenario();
  const [adam, cleo] = [await callIn(setup, 'Adam'), await seat(setup, 'Cleo')];
  await adam.settled(soon());
  const [exchange] = await Promise.all([converse(setup, adam, question), leaveOnHearing(cleo)]);
  await expectUnderstanding(exchange);
  await adam.settled(soon());
  expect(exchange.heard).toMatchObject({ openFrames: 0 });
});

scenario('somebody who goes and comes back is heard as before', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const adam = await callIn(setup, 'Adam');
  await adam.leave();
  await adam.join('Lounge', soon());
  await adam.settled(soon());
  await expectUnderstanding(await converse(setup, adam, question));
});

scenario('a bot in company stays with it, and goes where it is called when alone', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const adam = await callIn(setup, 'Adam');
  const cleo = setup.sandbox.person('Cleo');
  const reported = async (line: string) => (await cleo.command(line).answered(soon())).text;
  expect(await reported('join')).toBe(text('join.none'));
  expect(await reported('leave')).toBe(text('perm.room', { channel: 'Lounge' }));
  await cleo.join('Workshop', soon());
  expect(await reported('join')).toBe(text('join.busy', { other: 'Lounge', n: 1 }));
  await adam.leave();
  expect(await reported('join')).toContain(text('join.ok', { channel: 'Workshop' }));
  await cleo.settled(soon());
  await expectUnderstanding(await converse(setup, cleo, question));
});

scenario('a question begun alone is answered, whoever comes in meanwhile', async () => {
  const providers = { replies, hears: () => 'what time is it' };
  await using setup = await openScenario({ providers });
  const adam = await callIn(setup, 'Adam');
  const [{ heard }] = await Promise.all([
    converse(setup, adam, question),
    comeIn(setup, 'Cleo', adam),
  ]);
  await expectAlike(heard.pcm, toneOf(['Yes, Adam.']));
});

/** While the other one says `question`, in the middle of it. */
async function comeIn(
  setup: ScenarioSetup,
  name: string,
  speaker: SandboxPerson,
): Promise<SandboxPerson> {
  const before = speaker.counts().sentPackets;
  await eventually(() => expect(speaker.counts().sentPackets).toBeGreaterThan(before + 60));
  return await seat(setup, name);
}

async function leaveOnHearing(person: SandboxPerson): Promise<void> {
  await hearing(person);
  await person.leave();
}
