import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { openEngines, openPipelines } from '#src/app/engines/open-engines.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { ChatModel, Usage } from '#src/chat/chat-model.ts';
import { tools } from '#src/features/features.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { BudgetAuthority } from '#src/spending/budget-authority.ts';
import { Reservation } from '#src/spending/reservation.ts';
import type { AddressingMode } from '#src/turn/addressing/addressing.ts';
import {
  endpointRules,
  usualSoundsOverMs,
  usualTurnModelMs,
} from '#src/turn/endpointing/endpointing.ts';
import type { WordsJudgeTrust } from '#src/turn/endpointing/words-judge-trust.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import { boundlessBudget } from '#test/fakes/fake-spending.ts';
import { findReply, type MockReply } from '#test/fakes/providers/mock-chat.ts';
import {
  instantPace,
  type MockProviders,
  openMockProviders,
} from '#test/fakes/providers/mock-providers.ts';
import type { MockRequest, ProviderPace } from '#test/fakes/providers/mock-settings.ts';
import { readUpload } from '#test/fakes/providers/read-upload.ts';
import type { TalkItem } from '#test/fakes/providers/realtime-call.ts';
import type { RecordedUtterances } from '#test/fakes/speakers/recorded-utterances.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { openLive } from '#test/pipeline/live/live-setup.ts';
import { makeSayingPackets, recogniseSaying, type SayingName } from './sayings.ts';
import { adam, eva, lounge, openSessionFixture, passTime } from './session-fixture.ts';

export type ServedOptions = {
  readonly replies?: readonly MockReply[];
  readonly pace?: Partial<ProviderPace>;
  readonly people?: readonly ChannelMember[];
  /** Default: everything is meant for the bot. */
  readonly addressing?: AddressingMode;
  /** More settings of the operator, given the address of the servers. */
  readonly settings?: (baseUrl: string) => Readonly<Record<string, string>>;
  /** What the turn model says in each pause, `late` where it never answers; absent: there is none. */
  readonly overProbability?: number | 'late';
  /** What is known of chat models that judge words; absent: they are not asked. */
  readonly wordsJudges?: WordsJudgeTrust;
  /** Wants everybody's words. */
  readonly listener?: RecordedUtterances;
};

/** One request for an answer: what was shown, a line each thing, as in `user: Adam: hello`; sound by its words. */
type ShownRequest = {
  readonly lines: readonly string[];
  /** Requests to the chat server that came before it. Those after it are work of the live model. */
  readonly chatsBefore?: number;
};

type ShownRequestMessage = {
  readonly role: string;
  readonly content?: string | readonly ShownPiece[] | null;
};
type ShownPiece = {
  readonly text?: string;
  readonly input_audio?: { readonly data: string };
};

const maxWaitMs = 60_000;
/** Those it may not hear are told so; then it is quiet. */
const greetedMs = 4_000;
/** Real time in a step of 20 ms in which a server is at work. */
const workMs = 1;

export type ServedSession = Awaited<ReturnType<typeof openServed>>;

/** A session that Adam called in, answered by one of the pipelines, with all its servers on this machine; time is virtual, and their work takes real time besides. */
export async function openServed(
  name: PipelineName,
  servedOptions: ServedOptions = {},
) {
  await using stack = new AsyncDisposableStack();
  const clock = new VirtualClock();
  const { providers, heard, talked } = await openServers(servedOptions, clock);
  stack.use(providers);
  const config = makeConfig(name, providers, {
    DATA_DIR: openDataDir(stack),
    ...servedOptions.settings?.(providers.baseUrl),
  });
  const engines = stack.use(await openEngines(config, () => undefined));
  const [chat, spending] = [engines.chat('Nova'), recordedSpending()];
  const live = stack.use(
    openServedLive(servedOptions, { chat, clock, heard, providers, talked }),
  );
  const withLive = { ...engines, live: live.pipeline };
  const pipelines = openPipelines(config.engines, withLive, chat);
  const { addressing = 'always', listener } = servedOptions;
  const deps = {
    transcriber: engines.transcriber,
    synthesizer: engines.synthesizer,
    warm: engines.warm,
    chat,
    spending,
    tools,
    pipelines,
    addressing,
  };
  const wanted = listener && { listener };
  const judges = servedOptions.wordsJudges && {
    wordsJudges: servedOptions.wordsJudges,
  };
  const judging = makeTurnModel(servedOptions.overProbability);
  const fixture = openSessionFixture(
    { ...deps, ...wanted, ...judging, ...judges },
    servedOptions.people ?? [adam, eva],
    clock,
  );
  stack.use(fixture.sessions);
  await fixture.sessions.join(lounge, toPersonId('adam'));
  const leftAtMs: number[] = [];
  fixture.linkOpener.link.onLeft = (_frame, atMs) => leftAtMs.push(atMs);
  const all = stack.move();
  const served = {
    fixture,
    providers,
    spending,
    /** The live model. */
    live,
    /** Texts that servers recognised from whole recordings. */
    heard,
    /** Name of the pipeline that answers now. */
    get name() {
      return fixture.sessions.settings.getForGuild(toGuildId(lounge.guildId)).pipeline;
    },
    /** Lets time pass; servers get some of their own where they are at work. */
    async pass(ms: number, packets: readonly Packet[] = []) {
      for (const endMs = clock.nowMs() + ms; clock.nowMs() < endMs; ) {
        const nowMs = clock.nowMs();
        const due = packets.filter(({ atMs }) => atMs > nowMs && atMs <= nowMs + 20);
        await passTime(fixture, 20, due);
        if (served.running.length > 0) await wait(workMs);
      }
    },
    /** Lets time pass until it holds. */
    async passUntil(holds: () => boolean, what: string) {
      for (const endMs = clock.nowMs() + maxWaitMs; !holds(); await served.pass(20)) {
        expect(clock.nowMs(), what).toBeLessThan(endMs);
      }
    },
    /** A second after which nothing is under way any more. */
    async settleAll() {
      await served.pass(1_000);
      await served.passUntil(
        () => served.running.length === 0,
        'the end of all that goes on',
      );
    },
    /** The packets of it, were it said `inMs` from now. */
    makePackets: (saying: SayingName, who: ChannelMember, inMs = 0) =>
      makeSayingPackets(saying, who, clock.nowMs() + 20 + inMs),
    /** It is said, up to `ms` of it. */
    async say(saying: SayingName, who = adam, ms = Number.POSITIVE_INFINITY) {
      const nowMs = clock.nowMs();
      const packets = await served.makePackets(saying, who);
      const said = packets.filter(({ atMs }) => atMs <= nowMs + ms);
      await served.pass((said.at(-1)?.atMs ?? nowMs) - nowMs, said);
    },
    /** It is said, and answered to the end. */
    async ask(saying: SayingName) {
      const { length } = fixture.of('answered');
      await served.say(saying, adam);
      await served.passUntil(
        () => fixture.of('answered').length > length,
        `an answer to ${saying}`,
      );
      return fixture.of('answered').at(-1);
    },
    /** Milliseconds of the bot's sound among the last so many; a cue is short. */
    soundedMs(ms: number) {
      const sinceMs = clock.nowMs() - ms;
      return 20 * leftAtMs.filter((atMs) => atMs > sinceMs).length;
    },
    /** Requests for answers, oldest first. */
    get asked() {
      switch (served.name) {
        case 'realtime':
          return talked;
        case 'live':
          return [...talked, ...listAsked(providers).slice(talked.at(-1)?.chatsBefore)];
        default:
          return listAsked(providers);
      }
    },
    /** Lines of the last request. */
    get shown() {
      return served.asked.at(-1)?.lines ?? [];
    },
    /** Work that servers are doing now. */
    get running() {
      return [
        ...countRunning(providers),
        ...live.server.sessions.flatMap(({ isSpeaking }) =>
          isSpeaking ? ['live'] : [],
        ),
      ];
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
  await served.pass(greetedMs);
  return served;
}

/** A folder of its own: each kept sentence looks through all that others have left in theirs. */
function openDataDir(stack: AsyncDisposableStack) {
  return stack.use(mkdtempDisposableSync(join(tmpdir(), 'parley-served-'))).path;
}

function makeTurnModel(probability: ServedOptions['overProbability']) {
  if (probability === undefined) return {};
  const judged =
    probability === 'late'
      ? new Promise<number>(() => {})
      : Promise.resolve(Math.log(probability / (1 - probability)));
  return {
    turnModel: { load: () => undefined, judge: () => judged },
    endpointRules: {
      ...endpointRules,
      delay: { ...endpointRules.delay, textTimeoutMs: 600 },
      pause: {
        ...endpointRules.pause,
        turnModelMs: usualTurnModelMs,
        soundsOverMs: usualSoundsOverMs,
      },
    },
  };
}

/** Nothing is too dear, and every answer is written down: its usage, and the number of calls that report its fate. */
function recordedSpending() {
  const bills: { readonly used: Usage[]; wanted: number; closed: number }[] = [];
  const openBill: BudgetAuthority['open'] = (order) => {
    const own = { used: [] as Usage[], wanted: 0, closed: 0 };
    if (order.kind === 'answer') bills.push(own);
    const account = {
      guildId: order.guildId,
      pay: () => undefined,
      hold: async () => undefined,
      turn: () => void own.wanted++,
      done: () => void own.closed++,
    };
    const reservation = new Reservation(account).watchUsage(
      (usage) => void own.used.push(usage),
    );
    return { kind: 'open', reservation };
  };
  return { ...boundlessBudget, bills, open: openBill };
}

/** Realtime servers get names as items of their own, so replies are chosen as if there were one before the words. */
async function openServers({ replies = [], pace }: ServedOptions, clock: Clock) {
  const [heard, talked]: [string[], ShownRequest[]] = [[], []];
  const noteSaying = (pcm: Pcm) => {
    const text = recogniseSaying(pcm);
    heard.push(text);
    return text;
  };
  const answerNewest = (newest: string) => {
    talked.push({ lines: formatLines(providers.talk.calls.at(-1)?.items ?? []) });
    const content = newest.startsWith('{') ? newest : `Somebody: ${newest}`;
    return findReply({ messages: [{ role: 'user', content }] }, replies);
  };
  const soundSpeed = pace?.soundSpeed ?? Number.POSITIVE_INFINITY;
  const providers = await openMockProviders({
    clock,
    replies,
    pace: { ...instantPace, ...pace },
    hears: noteSaying,
    talk: { soundSpeed, answer: answerNewest },
  });
  return { providers, heard, talked };
}

type ServedLive = {
  readonly chat: ChatModel;
  readonly clock: VirtualClock;
  readonly heard: string[];
  readonly providers: MockProviders;
  readonly talked: ShownRequest[];
};

/** A live model at the pace of the virtual clock, which the chat server works for. */
function openServedLive(
  { replies = [] }: ServedOptions,
  { chat, clock, heard, providers, talked }: ServedLive,
) {
  /** What each session was told and has said, by its begin. */
  const known = new Map<object, string[]>();
  const live = openLive(
    {
      worker: chat,
      answer: (_n, pcm) => {
        const text = recogniseSaying(pcm);
        heard.push(text);
        const { commands = [] } = live.server.sessions.at(-1) ?? {};
        const [start = {}] = commands;
        const lines = known.get(start) ?? listTold(start);
        known.set(start, lines);
        lines.push(`user: ${findLiveSpeaker(commands)}: ${text}`);
        const { length: chatsBefore } = listAsked(providers);
        talked.push({ lines: [...lines], chatsBefore });
        const content = `Somebody: ${text}`;
        const reply = findReply({ messages: [{ role: 'user', content }] }, replies);
        lines.push(`assistant: ${reply.text}`);
        // What is said beside a call is a result of the chat server.
        return reply.call ? { delegates: true } : { says: reply.text };
      },
    },
    clock,
  );
  return live;
}

function listTold({ session }: Readonly<Record<string, unknown>>) {
  const { input = [] } = session as { readonly input?: readonly LiveInput[] };
  return input.map(({ content, role }) => `${role}: ${content[0]?.text}`);
}

type LiveInput = {
  readonly role: string;
  readonly content: readonly { readonly text: string }[];
};

function findLiveSpeaker(commands: readonly Readonly<Record<string, unknown>>[]) {
  const told = commands.map(({ content }) => `${content}`);
  const names = told.flatMap((text) => /speaks now is (.+)\.$/.exec(text)?.[1] ?? []);
  return names.at(-1);
}

function makeConfig(
  name: PipelineName,
  { baseUrl }: MockProviders,
  overrides: Readonly<Record<string, string>>,
) {
  return readGoodSettings({
    PIPELINE: name,
    TRANSCRIPTION_BASE_URL: baseUrl,
    CHAT_COMPLETION_BASE_URL: baseUrl,
    CHAT_COMPLETION_MODEL: 'writes',
    SPEECH_BASE_URL: baseUrl,
    AUDIO_MODEL_NAME: 'hears',
    REALTIME_BASE_URL: baseUrl.replace('http', 'ws'),
    REALTIME_MODEL: 'talks',
    // Of it stands a model without a network before the session.
    LIVE_BASE_URL: baseUrl.replace('http', 'ws'),
    ...overrides,
  });
}

/** Requests to a chat server. */
function listAsked(providers: MockProviders) {
  return providers.requests.flatMap((request) =>
    request.endpoint === 'chat' && request.body ? [parseShown(request)] : [],
  );
}

/** Conversation items of a Realtime server. A name is an item of its own before the sound it belongs to. */
function formatLines(items: readonly TalkItem[]) {
  const lines: string[] = [];
  for (const { type, role, text, sound } of items) {
    if (sound) lines.push(`${lines.pop()} ${text}`);
    else lines.push(`${role ?? (type === 'function_call' ? 'call' : 'tool')}: ${text}`);
  }
  return lines;
}

/** Work that servers are doing now. */
function countRunning({ requests, talk }: MockProviders) {
  const open = requests.filter(
    ({ endedAtMs, leftAtMs }) => endedAtMs === undefined && leftAtMs === undefined,
  );
  const answers = talk.calls.flatMap(({ active }) => (active > 0 ? ['talk'] : []));
  return [...open.map(({ endpoint }) => endpoint), ...answers];
}

function parseShown({ body }: MockRequest) {
  const messages = (body?.messages ?? []) as readonly ShownRequestMessage[];
  const lines = messages.flatMap(({ role, content }) => {
    if (role === 'system') return [];
    if (!content) return [`${role}: `];
    const text =
      typeof content === 'string' ? content : content.map(getWords).join('').trim();
    return text.split('\n').map((line) => `${role}: ${line}`);
  });
  return { lines };
}

function getWords({ text, input_audio }: ShownPiece) {
  if (!input_audio) return `\n${text}`;
  return ` ${recogniseSaying(readUpload(Buffer.from(input_audio.data, 'base64')))}`;
}
