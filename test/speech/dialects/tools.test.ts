import { makeTurn } from '#test/contracts/pipeline-contract.ts';
import {
  badCallServers,
  crumbServers,
  diceTool,
  malformedServers,
  oneToolServers,
  shortContextServers,
  signedServers,
  strictIdServers,
} from '#test/fakes/dialects/tool-servers.ts';
import { openDialectBot } from './dialect-case.ts';

const lampIsOn = 'The lamp is on.';

test.each(Object.entries(signedServers))(
  '%s: what came with a call goes back with it, and the tool runs once',
  async (_, make) => {
    await using bot = await openDialectBot(make());
    await bot.exchange({ hears: lampIsOn, ran: 1, requests: 2 });
    await bot.exchange({ hears: lampIsOn, ran: 2, requests: 2 });
  },
);

test.each(Object.entries(strictIdServers))(
  'a server with strict ids and %s: ids that we make have nine letters and digits',
  async (_, make) => {
    await using bot = await openDialectBot(make());
    await bot.exchange({ hears: lampIsOn, ran: 1, requests: 2 });
    await bot.exchange({ hears: lampIsOn, ran: 2, requests: 2 });
  },
);

test.each(Object.entries(badCallServers))(
  '%s: a bad call of the model is asked again with all tools, now and later',
  async (_, make) => {
    await using bot = await openDialectBot(make());
    await bot.exchange({ hears: lampIsOn, ran: 1 });
    expect(bot.server.listRequests('chat').length).toBeLessThanOrEqual(3);
    await bot.exchange({ hears: lampIsOn, ran: 2, requests: 2 });
  },
);

test.each(Object.entries(malformedServers))(
  '%s: a malformed call is asked again, and a second one is told',
  async (_, make) => {
    await using well = await openDialectBot(make(1));
    await well.exchange({ hears: lampIsOn, ran: 1, requests: 3 });
    await using bad = await openDialectBot(make(Infinity));
    const { error } = await bad.exchange({
      hears: '',
      ran: 0,
      requests: 2,
      code: /^provider\.(?!truncated)/,
    });
    expect(error?.message).not.toContain('ended its answer early');
  },
);

test.each(Object.entries(oneToolServers))(
  '%s: a tool that is refused is left out and named, the others stay',
  async (_, make) => {
    const { tools } = makeTurn();
    await using bot = await openDialectBot(make());
    const turn = { tools: [...tools, diceTool] };
    await bot.exchange({ turn, hears: lampIsOn, ran: 1, requests: 3 });
    await bot.exchange({ turn, hears: lampIsOn, ran: 2, requests: 2 });
    expect(bot.listHabits().join()).toContain('dice');
    expect(bot.listHabits().join()).not.toContain('lamp');
  },
);

test.each(Object.entries(crumbServers))(
  'of a call in crumbs the tool runs with its arguments: %s',
  async (_, make) => {
    await using bot = await openDialectBot(make());
    await bot.exchange({ hears: lampIsOn, ran: 1, requests: 2 });
  },
);

const longTalk = Array.from({ length: 10 }, (_, n) => [
  { role: 'user', name: 'Ana', content: `Question ${n}?` } as const,
  { role: 'assistant', content: `Answer ${n}.` } as const,
]).flat();

test.each(Object.entries(shortContextServers))(
  '%s: a context that is too long shortens the talk, and the tools stay',
  async (_, make) => {
    await using bot = await openDialectBot(make());
    await bot.exchange({ turn: { history: longTalk }, hears: lampIsOn, ran: 1 });
    await bot.exchange({ hears: lampIsOn, ran: 2, requests: 2 });
  },
);
