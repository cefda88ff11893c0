import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { toGuildId, toMessageId, toPersonId } from '#src/base/ids.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { type ChatStep, FakeChat } from '#test/fakes/fake-chat.ts';
import {
  FakeLocalRecogniser,
  FakeSynthesizer,
  FakeTranscriber,
} from '#test/fakes/fake-speech.ts';
import { openBudgets } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { makeTypedHandler } from '#test/features/typed/typed-handler.ts';
import { listKept } from './captioned-session.ts';
import {
  findOrders,
  findTextId,
  formatEvent,
  formatExpected,
  formatPanel,
  formatPrompt,
  formatResults,
  formatStep,
  formatValue,
  isContinued,
  replacePlaces,
} from './script-lines.ts';
import {
  addReminder,
  allowHearing,
  askBot,
  awaitSound,
  awaitText,
  beginConfirm,
  checkAnswers,
  chooseSetting,
  formatSpent,
  keepMemory,
  leaveOut,
  listConsents,
  pickMessage,
  playTrack,
  readAloud,
  removeItem,
  restrictBot,
  spendDollars,
  takeAway,
  typeLine,
} from './script-requests.ts';
import {
  makeError,
  makeNamed,
  parseRound,
  parseSetting,
  type ScriptStart,
} from './script-start.ts';
import {
  adam,
  den,
  eva,
  findOffer,
  lounge,
  openSessionFixture,
  passTime,
  pressConfirm,
  type SessionFixture,
  sayWords,
} from './session-fixture.ts';
import { changeTrack, formatSilence, listTitles } from './tracks-fixture.ts';

/** Each script by the sentence that it proves, with what is given before it. */
export type Scripts = Readonly<Record<string, string | readonly [ScriptStart, string]>>;

const usualVoice = 'slt';
/** Time, in ms, in which those who may not be heard are greeted. */
const greetingMs = 5_000;
/** Time, in ms, that passes after somebody has begun to say something. */
const saidMs = 4_000;
const clips: Readonly<Record<string, string>> = {
  adam: 'human-cards-004',
  eva: 'human-goforward',
};

const pcm = {
  samples: new Int16Array(16_000).fill(99),
  rateHz: 16_000,
  channels: 1,
} as const;
const recordings = { read: async () => pcm, readPictures: async () => ['data:,'] };

/** A running script: the fixture, what its engines do now, and what is already told. */
export class Play {
  readonly fixture: SessionFixture;
  readonly clock;
  /** Recognised text from now on, and the delay of the recogniser. */
  heard = 'five five';
  recogniserMs = 0;
  /** Language that the recogniser tells from now on, and the one that it was told last. */
  language: string | undefined;
  hint: string | undefined;
  /** Engines that fail now. */
  readonly broken = new Map<string, BotError>();
  /** Steps of the model's next answers, the last one again and again. */
  rounds: ChatStep[][] = [['You said five.']];
  readonly asked: FakeChat['asked'][number][] = [];
  readonly #people: readonly ChannelMember[];
  readonly #acts: NonNullable<ScriptStart['acts']>;
  readonly events: SessionEvent[] = [];
  readonly #told: string[] = [];
  /** All that the model was ever to say. */
  #modelText = 'You said five.';
  #packets: Awaited<ReturnType<typeof sayWords>> = [];
  #seen = { events: 0, written: 0, notified: 0, direct: 0, offered: 0, spoken: 0 };
  readonly #synthesizer: FakeSynthesizer;
  readonly typed: ReturnType<typeof makeTypedHandler>;
  readonly purse: ReturnType<typeof openBudgets>;
  /** Number of lines that were typed. */
  typedLines = 0;

  constructor({ people, pieces, acts, caps, tariff, clock, ...over }: ScriptStart) {
    this.clock = clock ?? new VirtualClock();
    this.#people = people ?? [adam, eva];
    this.#acts = acts ?? {};
    const findFault = () => {
      const error = this.broken.get('voice');
      return error && { afterPieces: 0, error };
    };
    this.#synthesizer = new FakeSynthesizer({
      fault: findFault,
      ...(pieces !== 'natural' && { pieces: pieces ?? 10 }),
    });
    const onEvent = (_guildId: string, event: SessionEvent) =>
      void this.events.push(event);
    this.purse = openBudgets(this.clock, { caps, tariff });
    const deps = {
      chat: this.#makeModel(),
      synthesizer: this.#synthesizer,
      transcriber: this.#makeRecogniser(),
      localRecogniser: new FakeLocalRecogniser({ texts: () => this.heard }),
      onEvent,
      recordings,
      ...(caps && { spending: this.purse.budgets }),
      ...over,
    };
    this.fixture = openSessionFixture(deps, this.#people, this.clock);
    this.typed = makeTypedHandler(this.fixture, async ({ channelId }, text) => {
      const known = text.findForPlace(channelId) ?? expect.fail();
      this.#told.push(`replies ${findTextId(known)}`);
      return 'sent';
    });
  }

  /** Does one line of a script. Returns what comes of it. */
  async performLine(line: string): Promise<readonly string[]> {
    const step = steps.find(([form]) => form.test(line));
    if (!step) throw new Error(`No step of a script: ${line}`);
    const [, , ...groups] = [line, ...(step[0].exec(line) ?? [])];
    this.#reportOutcome(await step[1](this, ...groups.map((group) => group ?? '')));
    await this.clock.advance(0);
    this.#tellEvents();
    return this.#told.splice(0);
  }

  /** Tells later what a command came to. */
  reportLater(what: string, coming: Promise<unknown>) {
    void coming.then((outcome) => this.#told.push(`${what}: ${formatValue(outcome)}`));
  }

  /** Lets time pass. Returns the number of frames that left meanwhile. */
  async pass(ms: number) {
    const { links } = this.fixture.linkOpener;
    const countSent = () => links.reduce((sum, link) => sum + link.sent, 0);
    const sentBefore = countSent();
    const untilMs = this.clock.nowMs() + ms;
    if (links.length === 0) await this.clock.advance(ms);
    else await passTime(this.fixture, ms, this.#packets);
    this.#packets = this.#packets.filter(({ atMs }) => atMs > untilMs);
    return countSent() - sentBefore;
  }

  async speak(name: string, text: string, clip = '') {
    if (text !== '') this.heard = text === '(nothing)' ? '' : text;
    const who = this.findPerson(name);
    const file = clip || (clips[who.id] ?? 'human-librivox-0880');
    this.#packets = this.#packets.concat(await sayWords(file, who, this.clock.nowMs()));
  }

  /** Engines work so from now on. */
  changeEngines(state: Partial<Pick<Play, 'recogniserMs' | 'rounds'>>) {
    Object.assign(this, state);
    this.#modelText += ` ${this.rounds
      .flat()
      .filter((step) => typeof step === 'string')
      .join(' ')}`;
  }

  runAct(act: string) {
    return (this.#acts[act] ?? expect.fail(`Nobody knows how to ${act}.`))(
      this.fixture,
    );
  }

  findPerson(name: string): ChannelMember {
    const isMeant = (member: ChannelMember) =>
      member.name.toLowerCase() === name.toLowerCase();
    const foundMember = [...this.#people, adam, eva].find(isMeant);
    return foundMember ?? makeNamed(name);
  }

  idOf(name = '') {
    return this.findPerson(name).id;
  }

  /** Somebody sits there from now on, or no more. */
  seatPerson(name: string, isThere: boolean) {
    const { linkOpener } = this.fixture;
    for (const list of [linkOpener.people, linkOpener.links.at(-1)?.present ?? []]) {
      const at = list.findIndex(({ id }) => id === this.idOf(name));
      if (at >= 0) list.splice(at, 1);
      if (isThere) list.push(this.findPerson(name));
    }
  }

  #reportOutcome(outcome: unknown) {
    if (outcome !== undefined) this.#told.push(formatValue(outcome) || 'none');
  }

  /** Adds what happened since the last step. */
  #tellEvents() {
    const { written, writtenIn, notified, direct, offered } = this.fixture;
    const { asked } = this.#synthesizer;
    const seen = this.#seen;
    const own = asked
      .slice(seen.spoken)
      .filter(({ text }) => !this.#modelText.includes(text));
    const spoken = own.map(({ text }) => text).join(' ');
    const by = new Set(own.map(({ voice }) => voice.name ?? usualVoice));
    by.delete(usualVoice);
    const places = writtenIn.slice(seen.written + seen.notified);
    this.#told.push(
      ...this.events.slice(seen.events).flatMap(formatEvent),
      ...(spoken === ''
        ? []
        : [`says${[...by].map((voice) => ` by ${voice}`)} ${findTextId(spoken)}`]),
      ...written
        .slice(seen.written)
        .map((text) => `writes${replacePlaces(places)} ${findTextId(text)}`),
      ...notified
        .slice(seen.notified)
        .flat()
        .map(
          ({ personId, text }) =>
            `tells ${personId}${replacePlaces(places)} ${findTextId(text)}`,
        ),
      ...direct
        .slice(seen.direct)
        .map(({ personId, text }) => `sends ${personId} ${findTextId(text)}`),
      ...(offered.length > seen.offered
        ? [`offers ${offered.length - seen.offered} buttons`]
        : []),
    );
    this.#seen = {
      events: this.events.length,
      written: written.length,
      notified: notified.length,
      direct: direct.length,
      offered: offered.length,
      spoken: asked.length,
    };
  }

  #makeModel(): ChatModel {
    const play = this;
    return {
      canTakePictures: () => true,
      async *reply(messages, tools, signal) {
        play.asked.push({ messages: [...messages], tools });
        const round = play.rounds.length > 1 ? play.rounds.shift() : play.rounds[0];
        yield* new FakeChat([round ?? []], play.clock).reply(messages, tools, signal);
      },
    };
  }

  #makeRecogniser() {
    const play = this;
    return {
      async *transcribe(...args: Parameters<FakeTranscriber['transcribe']>) {
        const [pcm, signal, { language: expected } = {}] = args;
        play.hint = formatExpected(expected);
        const { language } = play;
        const fake = new FakeTranscriber({ texts: () => play.heard, language });
        await play.clock.sleep(play.recogniserMs, signal);
        const error = play.broken.get('recogniser');
        if (error) throw error;
        yield* fake.transcribe(pcm, signal);
      },
    };
  }
}

type Step = (play: Play, ...groups: readonly string[]) => unknown;

const g = toGuildId('g');
const findPlace = (name: string) => (name === 'den' ? den : lounge);
/** Steps of a script by their form; the first that fits is done. */
const steps: readonly (readonly [RegExp, Step])[] = [
  [/^(\d+)$/, async (play, ms) => void (await play.pass(Number(ms)))],
  [/^(\d+) days?$/, ({ clock }, days) => clock.advance(Number(days) * 86_400_000)],
  [/^(\d+) (silent|sounding)$/, passRecognition],
  [/^(\w+) joins(?: (den))?(?: for (captions))?$/, joinSession],
  [/^leave$/, ({ fixture }) => fixture.sessions.leave(g)],
  [/^(\w+) (begins|says)(?: \((\S+)\))?(?:: (.*))?$/, speakClip],
  [/^(\S+) (asks|writes)(?: with (\S+))?: ?(.*)$/, askBot],
  [/^(\w+) types(?: and (deletes))?(?: in (\w+))?(?: with (\S+))?: ?(.*)$/, typeLine],
  [/^(\w+) picks (\w+): (.*)$/, pickMessage],
  [
    /^line (\d+) is deleted$/,
    ({ typed }, nth) => typed.lines.onDeleted([toMessageId(`m${nth}`)]),
  ],
  [/^read(?: (now))?(?: (as) (\w+))?: (.*)$/, readAloud],
  [/^stop$/, ({ fixture }) => formatSilence(fixture.talk.stopSpeaking(g))],
  [
    /^(\w+) presses ask$/,
    (play, who) => play.fixture.talk.openAskWindow(g, play.idOf(who)),
  ],
  [/^(\w+) allows$/, allowHearing],
  [/^(\w+) denies$/, (play, who) => play.fixture.privacy.deny(g, play.idOf(who))],
  [
    /^(\w+) is forgotten$/,
    (play, who) => play.fixture.privacy.forget(g, play.idOf(who)),
  ],
  [/^(\w+) is left (out|in)$/, leaveOut],
  [
    /^(\w+) (comes|goes)$/,
    (play, who = '', how) => play.seatPerson(who, how === 'comes'),
  ],
  [
    /^(pause|resume)$/,
    ({ fixture }, act) =>
      fixture.sessions.pauseHearing(g, act === 'pause') ? `${act}d` : 'nowhere',
  ],
  [
    /^set( confirmed| here)? (\w+) (.+)$/,
    ({ fixture: { settings } }, how, key = '', value = '') =>
      how === ' here'
        ? settings.setChannelSetting(lounge, key, value)
        : settings.setSetting(g, key, value, how ? 'confirmed' : undefined),
  ],
  [
    /^captions on(?: in (\w+))?$/,
    (play, translateTo) =>
      play.reportLater(
        'captions',
        play.fixture.captions.turnOn(g, translateTo ? { translateTo } : {}),
      ),
  ],
  [
    /^persona (\w+) (.+)$/,
    ({ fixture }, key = '', value = '') =>
      fixture.personas.savePersona(g, lounge.channelId, { [key]: value }),
  ],
  [/^captions off$/, ({ fixture }) => fixture.captions.turnOff(g)],
  [/^captions$/, ({ fixture }) => fixture.captionChats.chat.lines],
  [
    /^lines$/,
    async ({ fixture }) =>
      (await listKept(fixture)).map(({ speaker, text }) => [speaker, text]),
  ],
  [/^(\w+) plays (\S+)(?: on (\w+))?( next)?$/, playTrack],
  [/^(\w+) awaits (\S+)(?: on (\w+))?( again and again)?$/, awaitSound],
  [/^(\w+) has read(?: on (\w+))?: (.*)$/, awaitText],
  [
    /^(\w+)( as manager)? (skip|stop)s(?: (\w+))?$/,
    (play, who, manages, kind, track) =>
      changeTrack(
        play.fixture,
        { ...play.findPerson(who ?? ''), mayManage: manages !== '' },
        kind as 'skip',
        track || 'main',
      ),
  ],
  [/^(\w+) removes (\d+) from (\w+)$/, removeItem],
  [/^tracks$/, ({ fixture }) => fixture.tracks.listTracks(g)?.map(({ name }) => name)],
  [
    /^track (\w+)$/,
    ({ fixture }, track) => listTitles(fixture, track).map((text) => text ?? 'nothing'),
  ],
  [/^(\w+) chooses (\w+) (.+)$/, chooseSetting],
  [
    /^link lost(?: (\S+))?$/,
    ({ fixture }, code) => fixture.linkOpener.link.lose(makeError(code || 'link.lost')),
  ],
  [/^link fails (\d+) (\S+)$/, failLinks],
  [/^moved (\w+)$/, moveBot],
  [/^(muted|deafened|suppressed) (on|off)$/, restrictBot],
  [/^(no-view|no-connect) (\w+)$/, takeAway],
  [
    /^removed from the server$/,
    ({ fixture }) => fixture.sessions.onSeatChange(g, { kind: 'guild-removed' }),
  ],
  [
    /^model: (.*)$/,
    (play, text = '') =>
      play.changeEngines({ rounds: text.split(' || ').map(parseRound) }),
  ],
  [
    /^recogniser tells (\w+)$/,
    (play, language) => void Object.assign(play, { language }),
  ],
  [/^hint$/, ({ hint }) => hint],
  [
    /^recogniser takes (\d+)$/,
    (play, ms) => play.changeEngines({ recogniserMs: Number(ms) }),
  ],
  [/^(recogniser|voice) (works|fails)(?: (\S+))?$/, breakEngine],
  [/^store (works|unreadable|unwritable)$/, breakStore],
  [/^do (.+)$/, (play, act = '') => play.runAct(act)],
  [/^at$/, ({ fixture }) => fixture.sessions.at(g)?.name ?? 'nowhere'],
  [
    /^links$/,
    ({ fixture: { linkOpener } }) =>
      `${linkOpener.asked} tries, ${linkOpener.links.length} links`,
  ],
  [/^timers$/, ({ clock }) => `${clock.sleeping} timers`],
  [/^requests$/, ({ asked }) => `${asked.length} requests`],
  [
    /^answers$/,
    ({ events }) =>
      events.flatMap((event) =>
        event.kind === 'answered' ? [event.typed ? 'typed' : 'spoken'] : [],
      ),
  ],
  [
    /^words$/,
    ({ events }) =>
      events.flatMap((event) =>
        event.kind === 'words' && event.isWhole ? [event.text] : [],
      ),
  ],
  [/^prompt$/, ({ asked }) => formatPrompt(asked.at(-1)?.messages ?? [])],
  [
    /^orders (.+)$/,
    ({ asked }, of = '') => findOrders(asked.at(-1)?.messages ?? [], of),
  ],
  [
    /^prompt goes on$/,
    ({ asked }) =>
      isContinued(asked.at(-2)?.messages ?? [], asked.at(-1)?.messages ?? []),
  ],
  [/^results$/, ({ asked }) => formatResults(asked.at(-1)?.messages ?? [])],
  [
    /^offered (\w+)$/,
    ({ asked }, tool) => asked.at(-1)?.tools.some(({ name }) => name === tool),
  ],
  [/^(\w+) confirms$/, (play, who) => pressConfirm(play.fixture, play.idOf(who))],
  [
    /^(\w+) declines$/,
    ({ fixture }, who = '') =>
      fixture.confirmations.declineCall(g, findOffer(fixture), toPersonId(who)).kind,
  ],
  [/^(\w+) presses confirm$/, beginConfirm],
  [
    /^(\w+) looks$/,
    ({ fixture }, who = '') =>
      fixture.confirmations.showConfirmation(g, findOffer(fixture), toPersonId(who)),
  ],
  [/^(\w+) keeps(?: about (\w+))?: (.*)$/, keepMemory],
  [/^memories$/, ({ fixture }) => fixture.transcripts.onDisk.memories.list(g)],
  [/^due in (-?\d+)(?:, set (\d+) before)?: ?(.*)$/, addReminder],
  [
    /^reminders$/,
    async ({ fixture }) =>
      (await fixture.stores.reminders.list(g, adam.id)).map(
        ({ channelId, number, text }) => `${number}: ${text} in ${channelId}`,
      ),
  ],
  [/^consents$/, listConsents],
  [/^(\w+) has spent ([\d.]+)$/, spendDollars],
  [/^spent$/, formatSpent],
  [/^(\w+) checks$/, checkAnswers],
  [/^panel$/, ({ fixture }) => formatPanel(fixture)],
];

async function passRecognition(play: Play, ms?: string, how?: string) {
  const sent = await play.pass(Number(ms));
  if (how === 'silent') expect(sent, 'frames that left').toBeLessThanOrEqual(2);
  else expect(sent, 'frames that left').toBeGreaterThan(2);
}

function joinSession(
  { fixture }: Play,
  who = '',
  placeName = '',
  mode = '',
): Promise<unknown> {
  return fixture.sessions.join(
    findPlace(placeName),
    toPersonId(who),
    mode === 'captions' ? mode : 'talk',
  );
}

async function speakClip(play: Play, who = '', how = '', clip = '', text = '') {
  await play.speak(who, text, clip);
  if (how === 'says') await play.pass(saidMs);
}

function failLinks({ fixture }: Play, count = '', code = '') {
  fixture.linkOpener.failures.push(...Array(Number(count)).fill(makeError(code)));
}

function breakEngine({ broken }: Play, engine = '', how = '', code = '') {
  if (how === 'works') broken.delete(engine);
  else broken.set(engine, makeError(code));
}

function breakStore({ fixture: { consents } }: Play, how?: string) {
  consents.trouble = how === 'works' ? undefined : (how as 'unreadable');
}

/** Moves the bot as Discord does: the link ends, and at the same time the reason is reported. */
function moveBot({ fixture }: Play, placeName = '') {
  const { channelId } = findPlace(placeName);
  fixture.linkOpener.link.lose(
    new BotError('link.lost', false, 'A person has moved the bot.'),
  );
  fixture.sessions.onSeatChange(g, { kind: 'moved', channelId });
}

async function openPlay({ stored = {}, ...parts }: ScriptStart) {
  const played = new Play(parts);
  for (const [id, consent] of Object.entries(stored))
    await played.fixture.consents.write(g, toPersonId(id), consent);
  return played;
}

/** Plays a script; what comes of a step stands behind a `>`, as in the script. */
async function playScript(scriptStart: ScriptStart, script: string) {
  const lines = script.split('\n');
  const [setting] = lines.flatMap(
    (line) => /^\s*with (.*)$/.exec(line)?.slice(1) ?? [],
  );
  const { isUncalled, ...start } = { ...parseSetting(setting), ...scriptStart };
  let played = await openPlay(start);
  if (!isUncalled) await played.performLine('adam joins');
  if (!isUncalled) await played.performLine(`${greetingMs}`);
  const shownLines: string[] = [];
  for (const line of lines.filter((text) => !text.trim().startsWith('>'))) {
    const [step = ''] = line.split(' > ');
    const isStep = step.trim() !== '' && !/^\s*(with |restart|#)/.test(step);
    const [, again] = /^\s*restart with (.*)$/.exec(step) ?? [];
    const { stores } = played.fixture;
    if (again)
      played = await openPlay({ ...parseSetting(again), ...scriptStart, stores });
    shownLines.push(
      isStep ? formatStep(step, await played.performLine(step.trim())) : line,
    );
  }
  await played.fixture.sessions[Symbol.asyncDispose]();
  return shownLines.join('\n');
}

/** A test for each script. `forAll`: what is given before each of them. */
export function playScripts(scripts: Scripts, forAll: ScriptStart = {}) {
  for (const [name, one] of Object.entries(scripts)) {
    const [own, script] = typeof one === 'string' ? [{}, one] : one;
    const fields = { ...forAll, ...own };
    test(name, async () => expect(await playScript(fields, script)).toBe(script));
  }
}
