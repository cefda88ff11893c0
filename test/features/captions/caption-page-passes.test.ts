import { expect, test } from 'vitest';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import type {
  LineStream,
  PassEnd,
  ReaderLines,
} from '#src/features/captions/caption-page-passes.ts';
import { SessionCaptions } from '#src/features/captions/session-captions.ts';
import type { BudgetAuthority } from '#src/spending/budget-authority.ts';
import { text } from '#src/texts/texts.ts';
import { captioned, says } from '#test/conversation/setup/captioned.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';
import { boundless } from '#test/fakes/spending.ts';

function passesOf({ sessions }: SessionFixture) {
  const { passes } = sessions.session('g')?.context.features.of(SessionCaptions) ?? {};
  if (!passes) throw new Error('captions are off');
  return passes;
}

/** A reader who takes everything at once. */
function reader(locale: LineStream['locale'] = 'en') {
  const pages: ReaderLines[] = [];
  const ends: (PassEnd | undefined)[] = [];
  const sent = { alive: 0 };
  const stream: LineStream = {
    locale,
    async send(event, data) {
      if (event === 'lines') pages.push(JSON.parse(data));
      else sent.alive++;
    },
    end: (why) => ends.push(why),
  };
  const texts = () => pages.at(-1)?.lines.map(({ name, text }) => `${name}: ${text}`);
  return { stream, pages, ends, sent, texts };
}

/** These people sit in the channel, and nobody else. */
function seat({ linkOpener }: SessionFixture, ...people: readonly ChannelMember[]): void {
  const { present } = linkOpener.link;
  present.splice(0, present.length, ...people);
}

/** This person asks for a page, and opens it. */
async function reads(fixture: SessionFixture, personId: string, locale?: LineStream['locale']) {
  const issued = await fixture.captions.pass('g', personId);
  if (issued.kind !== 'issued') throw new Error(`no pass: ${issued.kind}`);
  const one = reader(locale);
  const { id } = issued.pass;
  const watching = passesOf(fixture).watch(personId, id, one.stream);
  await pass(fixture, 500);
  return { ...one, id, watching };
}

test('a reader gets lines while people speak, and each as final once it is over', async () => {
  const fixture = await captioned();
  const { pages, texts } = await reads(fixture, 'eva');
  expect(pages).toMatchObject([{ channel: 'Lounge', lines: [], canTranslate: true }]);
  await says(fixture);
  expect(texts()).toEqual(['Adam: five five']);
  const states = pages.flatMap(({ lines }) => lines.map(({ state }) => state));
  expect(new Set(states)).toEqual(new Set(['partial', 'final']));
  expect(pages.at(-1)?.lines[0]?.state).toBe('final');
});

test('lines of two readers do not mix: each gets those of the time in which they were there', async () => {
  const fixture = await captioned();
  await fixture.settings.set('g', 'catch_up', 'off');
  seat(fixture, adam);
  await says(fixture);
  seat(fixture, adam, eva);
  await pass(fixture, 500);
  const [his, hers] = [await reads(fixture, 'adam'), await reads(fixture, 'eva')];
  await says(fixture);
  expect(his.texts()).toEqual(['Adam: five five', 'Adam: five five']);
  expect(hers.texts()).toEqual(['Adam: five five']);
});

test('a newer pass ends the former one and its streams', async () => {
  const fixture = await captioned();
  const first = await reads(fixture, 'eva');
  const second = await reads(fixture, 'eva');
  expect([first.ends, second.ends]).toEqual([['replaced'], []]);
  expect(await passesOf(fixture).holds('eva', first.id)).toBe(false);
  expect(await passesOf(fixture).holds('eva', second.id)).toBe(true);
});

test('a pass of one person opens nothing for another', async () => {
  const fixture = await captioned();
  const { id } = await reads(fixture, 'eva');
  const thief = reader();
  passesOf(fixture).watch('adam', id, thief.stream);
  await says(fixture);
  expect([thief.ends, thief.pages]).toEqual([['rights'], []]);
  expect(await passesOf(fixture).holds('adam', id)).toBe(false);
});

test('/privacy forget of a reader ends their pass at once, and a no to being heard does not', async () => {
  const fixture = await captioned();
  const { ends } = await reads(fixture, 'eva');
  await fixture.privacy.deny('g', 'eva');
  await pass(fixture, 500);
  expect(ends).toEqual([]);
  const forgetting = fixture.privacy.forget('g', 'eva');
  expect(ends).toEqual(['forgotten']);
  await pass(fixture, 500);
  await forgetting;
});

test('lines of somebody who is forgotten, or says no, leave every page', async () => {
  const fixture = await captioned();
  const { texts } = await reads(fixture, 'eva');
  await says(fixture);
  expect(texts()).toHaveLength(1);
  const denying = fixture.privacy.deny('g', 'adam');
  await pass(fixture, 500);
  await denying;
  expect(texts()).toEqual([]);
});

test('a partial line of somebody who says no leaves every page', async () => {
  const fixture = await captioned();
  const { pages, texts } = await reads(fixture, 'eva');
  const speaking = await words('human-goforward', adam, fixture.clock.nowMs());
  const isPartial = () => pages.at(-1)?.lines[0]?.state === 'partial';
  for (let n = 0; n < 60 && !isPartial(); n++) {
    const nowMs = fixture.clock.nowMs();
    const due = speaking.filter(({ atMs }) => atMs > nowMs && atMs <= nowMs + 100);
    await pass(fixture, 100, due);
  }
  expect([isPartial(), texts()]).toEqual([true, ['Adam: five five']]);
  const denying = fixture.privacy.deny('g', 'adam');
  await pass(fixture, 500);
  await denying;
  expect(texts()).toEqual([]);
});

test('a block ends a pass within 200 ms', async () => {
  const fixture = await captioned();
  const zoe = { id: '123456789012345678', name: 'Zoe', isBot: false, roleIds: [] };
  seat(fixture, adam, zoe);
  await pass(fixture, 500);
  const { ends } = await reads(fixture, zoe.id);
  await fixture.settings.set('g', 'blocked', zoe.id);
  await pass(fixture, 220);
  expect(ends).toEqual(['rights']);
});

test('captions that go off, or a bot that leaves, end every pass', async () => {
  for (const end of [
    (fixture: SessionFixture) => fixture.captions.turnOff('g'),
    (fixture: SessionFixture) => fixture.sessions.leave('g'),
  ]) {
    const fixture = await captioned();
    const [one, other] = [await reads(fixture, 'eva'), await reads(fixture, 'adam')];
    const ending = end(fixture);
    await pass(fixture, 3_000);
    await ending;
    expect([one.ends, other.ends]).toEqual([['off'], ['off']]);
  }
});

test('who leaves the channel reads on while they may open its place, and no longer', async () => {
  const fixture = await captioned();
  const { ends, texts } = await reads(fixture, 'eva');
  seat(fixture, adam);
  await says(fixture);
  expect([ends, texts()]).toEqual([[], ['Adam: five five']]);
  fixture.captionChats.barred.add('eva');
  await says(fixture);
  expect([ends, texts()]).toEqual([['rights'], ['Adam: five five']]);
});

test('who loses the role that the server demands reads no longer', async () => {
  const fixture = await captioned();
  const roleId = '234567890123456789';
  seat(fixture, { ...adam, roleIds: [roleId] }, { ...eva, roleIds: [roleId] });
  await fixture.settings.set('g', 'roles', roleId);
  await pass(fixture, 500);
  const { ends } = await reads(fixture, 'eva');
  fixture.linkOpener.link.roles.set('eva', []);
  await pass(fixture, 10_000);
  expect(ends).toEqual(['rights']);
});

test('a page shows the last 60 lines', async () => {
  const fixture = await captioned();
  const { pages } = await reads(fixture, 'eva');
  const { recorder } = fixture.sessions.session('g')?.context.features.of(SessionCaptions) ?? {};
  if (!recorder) throw new Error('captions are off');
  const speaker = { kind: 'person', personId: 'adam', name: 'Adam' } as const;
  const { id: sessionId } = recorder.session;
  const startMs = recorder.sessionMs(fixture.clock.nowMs());
  for (let number = 1; number <= 61; number++)
    recorder.put({ sessionId, number, speaker, startMs, endMs: startMs, text: `${number}` });
  passesOf(fixture).check();
  await pass(fixture, 500);
  const texts = pages.at(-1)?.lines.map(({ text }) => text);
  expect([texts?.length, texts?.[0], texts?.at(-1)]).toEqual([60, '2', '61']);
});

test('without catch_up who leaves the channel reads no further line', async () => {
  const fixture = await captioned();
  await fixture.settings.set('g', 'catch_up', 'off');
  const { ends, texts } = await reads(fixture, 'eva');
  seat(fixture, adam);
  await says(fixture);
  expect([ends, texts()]).toEqual([['rights'], []]);
});

test('rights that change without an event end a pass within 6 s, though nobody speaks', async () => {
  const fixture = await captioned();
  seat(fixture, adam);
  await pass(fixture, 500);
  const { ends } = await reads(fixture, 'eva');
  fixture.captionChats.barred.add('eva');
  await pass(fixture, 6_000);
  expect(ends).toEqual(['rights']);
});

test('a pass is for who may read the captions, where they are on', async () => {
  const fixture = await captioned();
  fixture.captionChats.barred.add('stranger');
  expect(await fixture.captions.pass('g', 'stranger')).toEqual({
    kind: 'barred',
    channel: 'Lounge',
  });
  expect(await fixture.captions.pass('h', 'eva')).toEqual({ kind: 'nowhere' });
  const turning = fixture.captions.turnOff('g');
  await pass(fixture, 3_000);
  await turning;
  expect(await fixture.captions.pass('g', 'eva')).toEqual({ kind: 'off' });
});

test('a fourth tab ends the oldest, and a 31st stream is refused', async () => {
  const fixture = await captioned();
  const { ends, id } = await reads(fixture, 'eva');
  const tabs = [reader(), reader(), reader()];
  for (const { stream } of tabs) passesOf(fixture).watch('eva', id, stream);
  expect([ends, ...tabs.map((one) => one.ends)]).toEqual([['tab'], [], [], []]);
  for (let n = 0; n < 27; n++) await reads(fixture, `reader${n}`);
  const late = await reads(fixture, 'late');
  expect(late.ends).toEqual(['full']);
});

test('a slow reader misses pushes and holds up nobody', async () => {
  const fixture = await captioned();
  const issued = await fixture.captions.pass('g', 'eva');
  if (issued.kind !== 'issued') throw new Error('no pass');
  let sent = 0;
  const send = () => {
    sent++;
    return new Promise(() => undefined);
  };
  passesOf(fixture).watch('eva', issued.pass.id, { locale: 'en', send, end: () => undefined });
  const quick = await reads(fixture, 'adam');
  await says(fixture);
  expect([sent, quick.texts()]).toEqual([1, ['Adam: five five']]);
});

test('a reader hears every 5 s that the bot is there, also while others say what this person may not know', async () => {
  const fixture = await captioned();
  await fixture.settings.set('g', 'catch_up', 'off');
  const { ends, pages, sent } = await reads(fixture, 'eva');
  await pass(fixture, 11_000);
  expect(sent.alive).toBe(2);
  const passes = passesOf(fixture);
  const speaker = { kind: 'person', personId: 'adam', name: 'Adam' } as const;
  for (let n = 0; n < 60; n++) {
    passes.put({ number: 900, speaker, startMs: 0, text: `${n}`, state: 'partial' });
    await pass(fixture, 200);
  }
  expect([sent.alive, pages.length, ends]).toEqual([4, 1, []]);
});

test('without readers nothing runs', async () => {
  const fixture = await captioned();
  await pass(fixture, 500);
  const before = fixture.clock.sleeping;
  const { watching } = await reads(fixture, 'eva');
  watching[Symbol.dispose]();
  await pass(fixture, 500);
  expect(fixture.clock.sleeping).toBe(before);
});

test('words and names lose what hides or reorders text', async () => {
  const odd = { ...adam, name: '<b>A\u202edam\u200b</b>' };
  const transcriber = new FakeTranscriber({ texts: ['<img src=x>\u202e five\nfive'] });
  const fixture = await captioned({ transcriber });
  seat(fixture, odd, eva);
  await pass(fixture, 500);
  const { texts } = await reads(fixture, 'eva');
  await says(fixture, odd);
  expect(texts()).toEqual(['<b>Adam</b>: <img src=x> five five']);
});

/** Eva reads in German what Adam says. */
async function translated(options: FixtureOptions = {}) {
  const clock = new VirtualClock();
  const chat = new FakeChat([['[1] fünf fünf']], clock);
  const fixture = await captioned({ chat, ...options }, clock);
  const hers = await reads(fixture, 'eva', 'de');
  return { fixture, chat, hers };
}

test('each reader has a translation of their own, and the chat has none of them', async () => {
  const { fixture, hers } = await translated();
  const his = await reads(fixture, 'adam');
  expect(passesOf(fixture).translate('eva', hers.id, 'de')).toBe(true);
  expect(passesOf(fixture).translate('eva', 'another', 'de')).toBe(false);
  await says(fixture);
  await pass(fixture, 3_000);
  expect(hers.pages.at(-1)).toMatchObject({
    lines: [{ text: 'five five', translation: 'fünf fünf' }],
    translateTo: 'de',
  });
  expect(his.pages.at(-1)?.lines[0]).not.toHaveProperty('translation');
  expect(fixture.captionChats.chat.lines).toEqual(['**Adam** five five']);
});

test('nothing is translated once nobody reads in that language', async () => {
  const { fixture, chat, hers } = await translated();
  passesOf(fixture).translate('eva', hers.id, 'de');
  hers.watching[Symbol.dispose]();
  await says(fixture);
  await pass(fixture, 3_000);
  expect(chat.asked).toEqual([]);
});

test('a reader is told in their own language why nothing is translated, and the channel is not', async () => {
  const { fixture, hers } = await translated({
    chat: new FakeChat([[{ error: new Error('away') }]]),
  });
  passesOf(fixture).translate('eva', hers.id, 'fr');
  await says(fixture);
  await pass(fixture, 3_000);
  expect(hers.pages.at(-1)?.notice).toMatch(/localhost:1/);
  expect(hers.pages.at(-1)?.notice).toMatch(/Untertitel/);
  expect(fixture.written.join()).not.toMatch(/localhost:1/);
});

test('translations for a reader end with the budget of the server: reader and channel read it', async () => {
  const line = { id: 'captions.budget.off', with: { time: '00:00' } } as const;
  const refused = { kind: 'refused', line, isNews: () => true } as const;
  const open: BudgetAuthority['open'] = (order) =>
    order.kind === 'translation' ? refused : boundless.open(order);
  const { fixture, chat, hers } = await translated({ spending: { ...boundless, open } });
  passesOf(fixture).translate('eva', hers.id, 'fr');
  await says(fixture);
  await pass(fixture, 3_000);
  expect([chat.asked, hers.pages.at(-1)?.notice]).toEqual([[], text(line.id, line.with, 'de')]);
  expect(fixture.written).toContain(text(line.id, line.with));
});

test('without a chat model there is no choice of translations', async () => {
  const { fixture, hers } = await translated({ hasChatModel: false });
  expect(hers.pages.at(-1)?.canTranslate).toBe(false);
  expect(passesOf(fixture).translate('eva', hers.id, 'de')).toBe(false);
});
