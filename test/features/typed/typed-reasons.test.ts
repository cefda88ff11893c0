import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { typedReasons } from '#src/features/typed/typed-reasons.ts';
import type { TypedMessage, TypedOutcome } from '#src/ports/typed-messages.ts';
import { textLocales } from '#src/texts/locales.ts';
import { formatText } from '#src/texts/texts.ts';
import {
  adam,
  lounge,
  openSessionFixture,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';
import { makeTyped, makeTypedHandler } from './typed-handler.ts';

/** Each outcome of a typed line: a sentence says why it met no reply, or nobody waits for one. */
const ends: Readonly<Record<TypedOutcome, 'said' | 'nobody waits'>> = {
  answered: 'said',
  failed: 'said',
  deleted: 'nobody waits',
  elsewhere: 'said',
  off: 'said',
  bot: 'nobody waits',
  webhook: 'nobody waits',
  refused: 'said',
  unasked: 'said',
  paused: 'said',
  unread: 'said',
  empty: 'said',
  'not-meant': 'said',
  read: 'nobody waits',
  full: 'said',
  absent: 'said',
  silent: 'said',
};

test.each(Object.entries(ends))(
  'where a typed line that is %s meets no reply, a sentence says why, or nobody waits: %s',
  (outcome, end) => {
    const place = {
      bot: 'Nova',
      channel: 'Lounge',
      canSpeak: true,
      isAskNeeded: false,
    };
    const line = typedReasons[outcome as TypedOutcome]({
      ...place,
      joinLine: undefined,
    });
    expect(line === undefined).toBe(end === 'nobody waits');
    for (const tag of line ? textLocales : [])
      expect(formatText(line?.id ?? 'page.failed', line?.with, tag)).not.toMatch(
        /[{}]/,
      );
  },
);

const view = { isWatched: true, show: () => undefined };

/** Types lines, one after the other, and lists how each ended, with the reason that its writer reads on the page. */
async function typeLines(
  lines: readonly (readonly [text: string, over?: Partial<TypedMessage>])[],
  isRefused = false,
) {
  const fixture = openSessionFixture({
    addressing: 'auto',
    names: ['Computer'],
    roomView: view,
  });
  await fixture.sessions.join(lounge, toPersonId('adam'));
  await passTime(fixture, 3_000);
  if (isRefused) await fixture.privacy.deny(toGuildId('g'), toPersonId('adam'));
  const handler = makeTypedHandler(fixture).lines;
  for (const [text, over] of lines)
    await handler.handleMessage(makeTyped(adam, text, over));
  return fixture.events.flatMap((event) =>
    event.kind === 'typed' ? [[event.outcome, event.reason?.id]] : [],
  );
}

test('a typed line has one outcome, with a reason where no reply came', async () => {
  const mention = { isMention: true };
  const general = { channelId: toChannelId('general') };
  const ended = await typeLines([
    ['It rains.'],
    ['It rains.', general],
    ...Array.from({ length: 12 }, () => ['!', mention] as const),
  ]);
  expect(ended.slice(0, 2)).toEqual([
    ['not-meant', 'join.ok.several'],
    ['elsewhere', 'perm.room'],
  ]);
  expect(ended.slice(-2)).toEqual([
    ['full', undefined],
    ['full', 'ask.dropped'],
  ]);
});

test('a typed line of who said no has that reason', async () => {
  expect(await typeLines([['Hello?']], true)).toEqual([['refused', 'consent.no']]);
});
