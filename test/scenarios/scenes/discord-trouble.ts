import { expect } from 'vitest';
import type { PathFaults } from '#sandbox/voice/voice-ports.ts';
import type { NetworkFaults } from '#sandbox/voice-server/voice-faults.ts';
import { formatText } from '#src/texts/texts.ts';
import type { LogLine } from '#test/fakes/bot-process.ts';
import type { Stage } from '#test/scenarios/scene-stage.ts';
import type { Scenes, Step } from '#test/scenarios/scene-types.ts';
import { passSharedTime } from '#test/scenarios/setup/scenario-setup.ts';

const question = 'human-cards-001';
const answer = 'Yes of course';
const providers = { replies: [{ match: /^/, text: answer }] };
const called: Step = { Adam: { calls: 'Lounge' } };
const understood: Step = { Adam: { understands: question } };
const lost: Step = { logs: { code: 'link.lost' } };
const joined: Step = { logs: { msg: 'joined' } };
const settled: Step = { Adam: { settles: true } };
const inLounge: Step = {
  see: ({ sandbox }) => sandbox.bot(),
  fits: { online: true, channel: 'Lounge' },
};
const isGone: Step = { botSits: 'nowhere' };
const listAsked = ({ providers: { requests } }: Stage) =>
  requests.map(({ endpoint }) => endpoint);
const linksOpened = ({ bot }: Stage) =>
  bot.log.filter(({ msg }) => msg === 'link-opened').length;
const cipherInUse = ({ bot }: Stage) =>
  bot.log.findLast(({ msg }) => msg === 'link-opened')?.cipher;
const xchacha = 'aead_xchacha20_poly1305_rtpsize';
const makeFault = (
  sentence: string,
  cause: (sandbox: Stage['sandbox']) => unknown,
): Step => ({
  [sentence]: ({ sandbox }) => cause(sandbox),
});

/** Close codes, by name of the server where it happens: all come back but those that Discord will not have. */
const codes = [
  '4004',
  '4006',
  '4011',
  '4014',
  '4015',
  '4016',
  '4017',
  '4020',
  '4021',
  '4022',
];
const refused = ['4016', '4017'];
/** Discord wants to be left alone for a minute. */
const resting = '4021';

/** Ways of the bot's path that carry nothing. */
const deadPaths: Readonly<Record<string, NetworkFaults>> = {
  'a bot whose UDP path dies both ways joins again by itself': {
    up: { dead: true },
    down: { dead: true },
  },
  'a bot to which nothing comes over UDP joins again by itself': {
    down: { dead: true },
  },
  'a bot from which nothing goes over UDP joins again by itself': {
    up: { dead: true },
  },
};
const countAlerts = (log: readonly LogLine[]) =>
  log.filter(({ alert }) => alert === 'link-down').length;

const troubles: Readonly<Record<string, PathFaults>> = {
  'a fifth lost': { loss: 0.2 },
  'up to 80 ms late': { delayMs: 20, jitterMs: 80 },
  'out of order': { reorder: 0.3 },
  doubled: { duplicates: 0.5 },
  'without UDP': { dead: true },
};

const toGuildName = (guildName: string) => ({ guildName });
const isAnswered = { says: question, hears: [answer] };
/** Somebody in that server. */
const oneIn = (server: string) => `Adam in ${server}`;

export const discordTroubleScenes: Scenes = {
  'a gateway that breaks and is resumed while somebody speaks changes nothing': {
    providers,
    steps: [
      called,
      {
        together: [
          [understood],
          [{ logs: { what: 'resumed' } }],
          [
            { Adam: { sends: 20 } },
            makeFault('the gateway breaks', ({ faults }) => faults.dropGateway()),
          ],
        ],
      },
      inLounge,
      { Adam: { runs: '/leave', reads: { has: /^Left Lounge/ } } },
    ],
  },
  'a gateway that answers no heartbeat is replaced, and the call goes on': {
    own: { heartbeatMs: 1_500 },
    providers,
    steps: [
      called,
      makeFault('no heartbeat is answered', ({ faults }) => faults.ignoreHeartbeats()),
      { logs: { what: 'reconnecting' } },
      makeFault('heartbeats are answered', ({ faults }) => faults.heal()),
      { logs: { what: 'resumed' } },
      inLounge,
      understood,
      { see: linksOpened, is: 1 },
    ],
  },
  'a bot that is asked to stop leaves its channel first, whatever hangs': {
    own: {},
    providers: { trouble: { chat: 'stalled' } },
    steps: [
      called,
      { Adam: { says: question } },
      { see: listAsked, has: 'chat' },
      {
        'the bot stops, and is online as it leaves': async ({
          bot,
          sandbox,
          voiceRequests,
        }) => {
          const onlineAtLeaving: boolean[] = [];
          voiceRequests.onExpel(() => onlineAtLeaving.push(sandbox.bot().online));
          expect([await bot.stop(), onlineAtLeaving]).toEqual([0, [true]]);
        },
      },
    ],
  },
  'a Discord that answers no request keeps nobody from sending the bot away': {
    providers: { ...providers, trouble: { speech: 'error-500' } },
    steps: [
      called,
      makeFault('no request is answered', ({ faults }) =>
        faults.rest({ delayMs: 30_000, times: Number.POSITIVE_INFINITY }),
      ),
      { Adam: { says: question } },
      { see: listAsked, has: 'speech' },
      { within: 5_000, steps: [{ Adam: { runs: '/leave', waits: false } }, isGone] },
      { bot: 'stops' },
    ],
  },
  'a gateway session that is over interrupts a call, which then goes on': {
    providers,
    steps: [
      called,
      makeFault('the sessions end', ({ faults }) => faults.endSessions()),
      isGone,
      lost,
      joined,
      settled,
      understood,
    ],
  },
  'where a voice server offers only XChaCha20-Poly1305 people are heard, and hear the answer':
    {
      own: {},
      providers,
      steps: [
        makeFault('only XChaCha20 is offered', ({ faults }) =>
          faults.voice.offerOnly(xchacha),
        ),
        called,
        { see: cipherInUse, is: xchacha },
        settled,
        { Adam: isAnswered },
      ],
    },
  'a voice server that is away for a while is found again': {
    providers,
    steps: [
      called,
      makeFault('the voice server goes', ({ botId, faults: { voice } }) => {
        voice.setConnections('refuse');
        voice.close(botId, 1006);
      }),
      lost,
      makeFault('the voice server is back', ({ faults }) =>
        faults.voice.setConnections('open'),
      ),
      joined,
      settled,
      understood,
    ],
  },
  ...Object.fromEntries(
    Object.entries(deadPaths).map(([sentence, suffers]) => [
      sentence,
      {
        own: {},
        providers,
        steps: [
          called,
          understood, // Discord names a speaker once
          {
            within: 15_000,
            steps: [{ line: 'bot', suffers }, { Adam: { says: question } }, lost],
          },
          { line: 'bot', suffers: 'nothing' },
          joined,
          settled,
          understood,
          { see: ({ bot }: Stage) => countAlerts(bot.log), is: 0 },
        ],
      },
    ]),
  ),
  'a bot whose outside address changes joins again by itself': {
    own: {},
    providers,
    steps: [
      called,
      understood,
      {
        within: 15_000,
        steps: [
          makeFault('its router forgets it', ({ botId, faults: { voice } }) =>
            voice.moveAddress(botId),
          ),
          lost,
          joined,
        ],
      },
      settled,
      understood,
    ],
  },
  'a voice server that answers no address request in a call is no fault': {
    own: {},
    providers,
    steps: [
      makeFault('it answers none', ({ botId, faults: { voice } }) =>
        voice.ignoreDiscovery(botId),
      ),
      called,
      understood,
      { passes: 65_000 },
      understood,
      { see: linksOpened, is: 1 },
      { see: ({ bot }) => countAlerts(bot.log), is: 0 },
      { posts: 'Lounge', lacks: formatText('link.down') },
    ],
  },
  'a path that dies once more within five minutes is told to people and to the operator, and answers once it is alive':
    {
      own: {},
      providers,
      steps: [
        called,
        understood,
        makeFault('its router forgets it', ({ botId, faults: { voice } }) =>
          voice.moveAddress(botId),
        ),
        lost,
        joined,
        settled,
        understood,
        {
          within: 15_000,
          steps: [
            { line: 'bot', suffers: { down: { dead: true } } },
            { logs: { alert: 'link-down' }, has: 'alert raised' },
            { posts: 'Lounge', has: formatText('link.down') },
          ],
        },
        { line: 'bot', suffers: 'nothing' },
        { logs: { alert: 'link-down' }, has: 'alert cleared' },
        understood,
        { see: linksOpened, is: 2 },
      ],
    },
  'a bot that missed a change of the end-to-end keys hears nobody, and joins again by itself':
    {
      providers,
      steps: [
        called,
        { Eva: { joins: 'Lounge' } },
        settled,
        makeFault('the next change is late', ({ botId, faults: { voice } }) =>
          voice.delayMessage(botId, 'change', 60_000),
        ),
        { Eva: { leaves: true } },
        { passes: 3_000 }, // of the first seconds of a link nothing is concluded
        { Adam: { says: question } },
        lost,
        joined,
        settled,
        understood,
        { posts: 'Lounge', lacks: formatText('link.down') },
      ],
    },
  'people who come and go, announced late, interrupt no answer': {
    providers: { replies: [{ match: /^/, text: `${answer}, ${answer}, ${answer}` }] },
    steps: [
      called,
      makeFault('arrivals are told late', ({ botId, faults: { voice } }) =>
        voice.delayMessage(botId, 'arrival', 150),
      ),
      {
        together: [
          [{ Adam: { asks: question } }],
          [
            { Adam: { sends: 20 } },
            { Eva: { joins: 'Lounge' } },
            { Eva: { settles: true } },
            { Eva: { leaves: true } },
          ],
        ],
      },
      settled,
      { Adam: { asks: question } },
      { see: linksOpened, is: 1 },
    ],
  },
  'a voice server that knows nothing of the first three seats connects the fourth, and the reply tells so':
    {
      providers,
      steps: [
        { Adam: { joins: 'Lounge' } },
        makeFault('three seats are unknown', ({ botId, faults: { voice } }) =>
          voice.closeAt(botId, 'identify', 4006, 3),
        ),
        { Adam: { runs: '/join', reads: { has: /^In Lounge\./, to: 'all' } } },
        settled,
        understood,
      ],
    },
  'after each kind of close code a call is joined anew once, at the latest when asked':
    {
      providers,
      guilds: codes.map(toGuildName),
      steps: [
        { together: codes.map((at) => [{ [oneIn(at)]: { calls: 'Lounge' } }]) },
        {
          'each call is closed with its code': ({
            sandbox: { botId },
            voiceRequests,
            server,
          }) => {
            for (const code of codes)
              voiceRequests.closeCall(server(code).id, botId, Number(code));
          },
        },
        { together: codes.filter((code) => code !== resting).map(joinsAnew) },
        { see: seatingsOfAll, is: codes.map((code) => (code === resting ? 1 : 2)) },
        { see: ({ bot }) => bot.isRunning, is: true },
      ],
    },
  'packets lost, late, doubled, out of order or gone: afterwards all is well': {
    providers,
    guilds: Object.keys(troubles).map(toGuildName),
    steps: [
      {
        together: Object.keys(troubles).map((at) => [
          { [oneIn(at)]: { calls: 'Lounge' } },
        ]),
      },
      { together: Object.entries(troubles).map(([at, way]) => speaksThrough(at, way)) },
    ],
  },
  'forged datagrams and a dead line of the bot itself keep nobody from being answered':
    {
      providers,
      steps: [
        called,
        { together: [[understood], [{ 'datagrams are forged': forgeDatagrams }]] },
        { line: 'bot', suffers: { up: { dead: true }, down: { dead: true } } },
        { Adam: { says: question } },
        { line: 'bot', suffers: 'nothing' },
        understood,
        { Adam: { runs: '/leave' } },
        { logs: { msg: 'link-closed' }, has: /"unparsed":(5[1-9]|[6-9]\d|\d{3})/ },
      ],
    },
};

/** Number of times that the bot was given a seat in that server. */
function countSeatings({ voiceRequests, sandbox, server }: Stage, at: string) {
  return voiceRequests.countSeatings(server(at).id, sandbox.botId);
}

function seatingsOfAll(stage: Stage): readonly number[] {
  return codes.map((code) => countSeatings(stage, code));
}

function joinsAnew(at: string): readonly Step[] {
  const calledAgain: readonly Step[] = [
    { posts: `Lounge in ${at}`, is: [formatText('gave_up')] },
    { botSits: `nowhere in ${at}` },
    { [oneIn(at)]: { calls: true } },
  ];
  return [
    ...(refused.includes(at) ? calledAgain : []),
    { see: (stage) => countSeatings(stage, at), is: 2 },
    { [oneIn(at)]: { settles: true, ...isAnswered } },
  ];
}

function speaksThrough(at: string, way: PathFaults): readonly Step[] {
  return [
    { line: oneIn(at), suffers: { up: way, down: way } },
    { [oneIn(at)]: { says: question } },
    way.dead ? { passes: 2_000 } : { [oneIn(at)]: { awaitsQuiet: 500 } },
    { line: oneIn(at), suffers: 'nothing' },
    { [oneIn(at)]: isAnswered },
  ];
}

/** Forged datagrams reach the bot, beside what somebody says and hears. */
async function forgeDatagrams({ sandbox: { botId, faults }, last }: Stage) {
  while (!last('Adam').exchange) {
    for (const kind of ['junk', 'short'] as const) faults.voice.forge(botId, kind);
    await passSharedTime(10);
  }
}
