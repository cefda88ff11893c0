import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  converse,
  eventually,
  madeTexts,
  openScenario,
  type ScenarioExchange,
  scenario,
  seat,
  soon,
  toneOf,
  utteredBy,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-goforward');
const replies = [
  { match: 'Adam: ', text: 'Yes, Adam.' },
  { match: 'Ben: ', text: 'No, Ben.' },
  { match: 'Cleo: ', text: 'Perhaps, Cleo.' },
];

/** Both sides heard what the other said. */
async function expectUnderstanding({ uttered, heard, made }: ScenarioExchange): Promise<void> {
  await expectAlike(uttered, question);
  await expectAlike(heard.pcm, made);
}

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
    expect(called.followUps).toMatchObject([
      { text: `${text('consent.brief')}\n${text('panel.privacy')}`, ephemeral: true },
    ]),
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

scenario('a bot in company stays with it, and goes where it is called when alone', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const adam = await callIn(setup, 'Adam');
  const cleo = setup.sandbox.person('Cleo');
  const reported = async (line: string) => (await cleo.command(line).answered(soon())).text;
  expect(await reported('join')).toBe(text('join.none'));
  expect(await reported('leave')).toBe(text('perm.room', { channel: 'Lounge' }));
  await cleo.join('Workshop', soon());
  expect(await reported('join')).toBe(text('perm.room', { channel: 'Lounge' }));
  await adam.leave();
  expect(await reported('join')).toContain(text('join.ok', { channel: 'Workshop' }));
  await cleo.settled(soon());
  await expectUnderstanding(await converse(setup, cleo, question));
});
