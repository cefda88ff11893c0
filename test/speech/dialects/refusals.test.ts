import type { ChatMessage } from '#src/chat/chat-model.ts';
import {
  lengthLimits,
  loadingAnswers,
  makeAlternating,
  moderations,
  rateLimits,
  refusedKeys,
  refusingChat,
  refusingSystem,
  retryDates,
  systemRefusals,
} from '#test/fakes/dialects/refusing-servers.ts';
import { countRuns, fc } from '#test/properties.ts';
import { openDialectBot } from './dialect-case.ts';

test.each(Object.entries(rateLimits))(
  '%s: a limit by the minute is no spent account, and its wait is read',
  async (_, { waitMs, ...answer }) => {
    await using bot = await openDialectBot(refusingChat(answer, Infinity));
    const { error } = await bot.exchange({
      hears: '',
      code: 'provider.rate_limited',
      requests: 1,
    });
    expect(error?.about.retryAfterMs).toBe(waitMs);
  },
);

test.each(Object.entries(retryDates))(
  'Retry-After as a date is read: %s',
  async (_, toDate) => {
    const answer = { status: 429, body: '', headers: { 'retry-after': toDate() } };
    await using bot = await openDialectBot(refusingChat(answer, Infinity));
    const { error } = await bot.exchange({
      hears: '',
      code: 'provider.rate_limited',
      requests: 1,
    });
    expect(error?.about.retryAfterMs).toBeGreaterThan(20_000);
    expect(error?.about.retryAfterMs).toBeLessThanOrEqual(31_000);
  },
);

test.each(Object.entries(loadingAnswers))(
  '%s: a model that loads is waited for while the question is fresh',
  async (_, answer) => {
    await using bot = await openDialectBot(refusingChat(answer, 2));
    await bot.exchange({ hears: 'Tea.', requests: 3 });
  },
);

test.each(Object.entries(lengthLimits))(
  '%s: where the allowed length counts, it falls, and this is remembered',
  async (_, make) => {
    await using bot = await openDialectBot(make());
    await bot.exchange({ hears: 'Tea.' });
    expect(bot.server.listRequests('chat').length).toBeLessThanOrEqual(3);
    await bot.exchange({ hears: 'Tea.', requests: 1 });
  },
);

test.each(Object.entries(moderations))(
  '%s: a moderation refuses this question alone, and nothing quotes it',
  async (_, answer) => {
    await using bot = await openDialectBot(refusingChat(answer));
    const { error } = await bot.exchange({
      asks: 'hello marzipan',
      hears: '',
      code: /^provider\.(?!bad_key|unreachable)/,
      requests: 1,
    });
    const written = [error?.message, error?.about.remedy, ...bot.listNews()];
    expect(written.join()).not.toContain('marzipan');
    expect(written.join()).not.toContain('refused the key');
    await bot.exchange({ hears: 'Tea.', requests: 1 });
  },
);

test.each(Object.entries(refusedKeys))(
  'a refused key is told as such: %s',
  async (_, answer) => {
    await using bot = await openDialectBot(refusingChat(answer, Infinity));
    await bot.exchange({ hears: '', code: 'provider.bad_key', requests: 1 });
  },
);

const message: fc.Arbitrary<ChatMessage> = fc.oneof(
  fc.record({
    role: fc.constant('user' as const),
    name: fc.constantFrom('Ana', 'Ben', ''),
    content: fc.constantFrom('And now?', 'Hm.', ' '),
  }),
  fc.record({
    role: fc.constant('assistant' as const),
    content: fc.constantFrom('So it is.', 'Word. '.repeat(200), ''),
  }),
);

test.each([400, 500])(
  'a template that wants turns in order takes every prompt, else error %d',
  async (status) => {
    await using bot = await openDialectBot(makeAlternating(status));
    const talks = fc.array(message, { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(talks, async (history) => {
        await bot.exchange({ turn: { history }, hears: 'Tea.', requests: 1 });
      }),
      { numRuns: countRuns(20) },
    );
  },
);

test.each(Object.entries(systemRefusals))(
  '%s: instructions go before the first question where no system role is known',
  async (_, answer) => {
    await using bot = await openDialectBot(refusingSystem(answer));
    await bot.exchange({ hears: 'Tea.', requests: 2 });
    await bot.exchange({ hears: 'Tea.', requests: 1 });
  },
);
