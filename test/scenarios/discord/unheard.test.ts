import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { text } from '#src/texts/texts.ts';
import { joined, speech } from '#test/audio/speech.ts';
import { buttonsOf, commandReply, pressed, whispered } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  converse,
  eventually,
  madeTexts,
  openScenario,
  recognised,
  type ScenarioSetup,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-004');
const line = text('consent.no');

/** Somebody who goes on and on. */
function monologue(seconds: number): Pcm {
  const piece = speech('human-cards-005');
  const count = Math.ceil((seconds * 1_000) / durationMs(piece));
  return { ...piece, samples: joined(Array.from({ length: count }, () => piece.samples)) };
}

/** Messages that tell a person how to be heard, as they are posted. */
function noticesIn({ sandbox }: ScenarioSetup) {
  const all: { readonly to: readonly string[]; readonly atMs: number; readonly id: string }[] = [];
  sandbox.onMessage(({ kind, message }) => {
    if (kind === 'posted' && message.pinged.length > 0 && message.text.includes(line))
      all.push({ to: message.pinged, atMs: realClock.nowMs(), id: message.id });
  });
  return all;
}

/** Outcome of each datagram, once the bot has left. */
async function countsOf({ bot }: ScenarioSetup, adam: SandboxPerson) {
  await commandReply(adam, 'leave');
  const { counts } = await bot.logged(({ msg }) => msg === 'link-closed', 10_000);
  return counts as Readonly<Record<'opened' | 'sealed' | 'unparsed' | 'notAllowed', number>>;
}

scenario('who talks unheard is told once what to press, unopened, and heard after it', async () => {
  await using setup = await openScenario();
  const notices = noticesIn(setup);
  const [ben, adam] = [await seat(setup, 'Ben'), await callIn(setup, 'Adam')];
  await ben.settled(soon());
  const before = ben.counts().sentPackets;
  const saying = ben.say(monologue(8), soon());
  await eventually(() => expect(notices).toHaveLength(1));
  const sent = ben.counts().sentPackets - before;
  expect(sent).toBeGreaterThanOrEqual(250);
  const { firstPacketAtMs } = await saying;
  const [{ to, atMs, id } = expect.fail()] = notices;
  console.info(
    `an unheard talker is told ${((atMs - firstPacketAtMs) / 1_000).toFixed(1)} s after the first packet, of ${sent} sent`,
  );
  expect([to, notices.length]).toEqual([['@Ben'], 1]);
  expect(recognised(setup)).toEqual([]);
  expect(madeTexts(setup)).toEqual([text('join.spoken')]);
  const shown = setup.sandbox.message(id) ?? expect.fail();
  expect(buttonsOf(shown).map(([name]) => name)).toEqual(['consent.always', 'consent.never']);
  expect(await pressed(ben, shown, 'consent.always')).toMatchObject(whispered('consent.always'));
  await converse(setup, ben, question);
  expect(recognised(setup)).toEqual(['Ben']);
  const counts = await countsOf(setup, adam);
  expect(counts.notAllowed).toBeGreaterThan(250);
});
