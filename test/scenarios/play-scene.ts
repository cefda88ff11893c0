import { expect, test } from 'vitest';
import type { Interaction, ShownMessage } from '#sandbox/interactions/interaction.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { realClock } from '#src/base/clock.ts';
import type { Acts, Match, Reading, Scene, Scenes, Sound, Step } from './scene.ts';
import { buttonsOf, customId, firstAnswer } from './setup/asking.ts';
import { linesIn } from './setup/captioning.ts';
import { expectAlike } from './setup/likeness.ts';
import {
  call,
  converse,
  eventually,
  hearAnswer,
  hearing,
  madeTexts,
  pass,
  returned,
  soon,
  toneOf,
} from './setup/scenario-setup.ts';
import { openStage, type Stage, serverOf } from './stage.ts';

/** Deadline of one attempt at a scene: it only ends one that hangs. */
const sceneMs = 300_000;
/** Deadline of a line of the log. */
const logMs = 40_000;
/** Lines of the log below a failure. */
const lastLines = 12;

/** One test for each scene. They are played side by side: most of the time somebody speaks, and nobody computes. */
export function playScenes(...files: readonly Scenes[]): void {
  for (const [title, scene] of files.flatMap(Object.entries<Scene>)) {
    test.concurrent(title, { timeout: sceneMs, retry: 1 }, async () => {
      await using stage = await openStage(scene);
      await playAll(stage, scene.steps);
    });
  }
}

async function playAll(stage: Stage, steps: readonly Step[]): Promise<void> {
  for (const [n, step] of steps.entries()) {
    try {
      await playStep(stage, step);
    } catch (error) {
      throw placed(error, `step ${n + 1} of ${steps.length}, ${shown(step)}`, stage);
    }
  }
}

/** The error with its innermost step before it, and the last lines of the log below. */
function placed(error: unknown, where: string, { bot }: Stage): unknown {
  if (!(error instanceof Error) || error.message.startsWith('step ')) return error;
  const log = bot.log.slice(-lastLines).map((line) => JSON.stringify(line));
  error.message = `${where}:\n${error.message}\nLast lines of the log:\n${log.join('\n')}`;
  return error;
}

function shown(step: Step): string {
  const plain = (_key: string, value: unknown) => {
    if (typeof value === 'function') return `${value.name || value}`;
    return value instanceof RegExp ? `${value}` : 'samples' in Object(value) ? 'a sound' : value;
  };
  return JSON.stringify(step, plain).slice(0, 300);
}

async function playStep(stage: Stage, step: Step): Promise<void> {
  const word = Object.keys(step).find((key) => key in stagePlayers);
  // Each player is under the word of its own kind.
  if (word)
    return await (stagePlayers[word as keyof typeof stagePlayers] as Player<Step>)(stage, step);
  await Promise.all(
    Object.entries(step).map(([who, what]) =>
      typeof what === 'function' ? what(stage) : playActs(stage, who, what as Acts),
    ),
  );
}

type Player<Of> = (stage: Stage, step: Of) => Promise<void>;
type Kind<Of, Word extends string> = Extract<Of, Readonly<Record<Word, unknown>>>;

const stagePlayers = {
  async see(stage: Stage, { see, keep, ...match }: Kind<Step, 'see'>) {
    await eventually(async () => {
      const value = await see(stage);
      expectMatch(stage, value, match);
      if (Object.keys(match).length === 0) expect(value).toBeDefined();
      if (keep) stage.keep(keep, value as ShownMessage);
    });
  },
  posts: (stage: Stage, { posts, ...match }: Kind<Step, 'posts'>) =>
    eventually(() => {
      const [channel = ''] = posts.split(' in ');
      const messages = stage.server(serverOf(posts)).messages(channel);
      expectMatch(
        stage,
        messages.map(({ text }) => text),
        match,
      );
    }),
  message: (stage: Stage, { message, ...match }: Kind<Step, 'message'>) =>
    eventually(() => expectMatch(stage, stage.message(message).text, match)),
  botSits: (stage: Stage, { botSits }: Kind<Step, 'botSits'>) =>
    eventually(() => {
      const { channel = 'nowhere' } = stage.server(serverOf(botSits)).bot();
      expect(channel).toBe(botSits.split(' in ')[0]);
    }),
  async line({ sandbox, person }: Stage, { line, suffers }: Kind<Step, 'line'>) {
    const id = line === 'bot' ? sandbox.botId : person(line).id;
    if (suffers === 'nothing') sandbox.faults.voice.heal(id);
    else sandbox.faults.voice.network(id, suffers);
  },
  async logs(stage: Stage, { logs, ...match }: Kind<Step, 'logs'>) {
    const fields = Object.entries(logs);
    const fits = (line: typeof logs) => fields.every(([key, value]) => line[key] === value);
    expectMatch(stage, await stage.bot.logged(fits, logMs), match);
  },
  async bot({ bot, restart }: Stage, step: Kind<Step, 'bot'>) {
    if (step.bot === 'stops') expect(await bot.stop()).toBe(0);
    else if (step.bot === 'is killed') await bot.kill();
    else await restart();
  },
  async returnsTo(stage: Stage, step: Kind<Step, 'returnsTo'>) {
    await stage.restart();
    await returned(stage, ...step.returnsTo.map((name) => stage.person(name)));
  },
  passes: (_stage: Stage, step: Kind<Step, 'passes'>) => pass(step.passes),
  async providers({ providers }: Stage, step: Kind<Step, 'providers'>) {
    providers.set(step.providers);
  },
  async together(stage: Stage, step: Kind<Step, 'together'>) {
    await Promise.all(step.together.map((steps) => playAll(stage, steps)));
  },
  async within(stage: Stage, step: Kind<Step, 'within'>) {
    const fromMs = realClock.nowMs();
    await playAll(stage, step.steps);
    expect(realClock.nowMs() - fromMs).toBeLessThan(step.within);
  },
};

/** A person in a scene. */
type Actor = { readonly stage: Stage; readonly name: string; readonly person: SandboxPerson };

async function playActs(stage: Stage, name: string, acts: Acts): Promise<void> {
  const actor = { stage, name, person: stage.person(name) };
  for (const word of Object.keys(acts)) {
    // Each player is under the word of its own kind; other words are details of one.
    if (word in players)
      await (players[word as keyof typeof players] as ActPlayer<Acts>)(actor, acts);
  }
}

type ActPlayer<Of> = (actor: Actor, acts: Of) => Promise<void>;

const players = {
  joins: ({ person }: Actor, acts: Kind<Acts, 'joins'>) => person.join(acts.joins, soon()),
  leaves: ({ person }: Actor) => person.leave(),
  async calls({ stage, name, person }: Actor, { calls }: Kind<Acts, 'calls'>) {
    if (calls !== true) await person.join(calls, soon());
    await call(stage.around(name), person);
  },
  settles: ({ person }: Actor) => person.settled(soon()),
  async uses({ person }: Actor, acts: Kind<Acts, 'uses'>) {
    person.useMicrophone(acts.uses);
  },
  says: (actor: Actor, acts: Kind<Acts, 'says'>) => says(actor, acts.says),
  async captions(actor: Actor, { captions }: Kind<Acts, 'captions'>) {
    await says(actor, captions);
    const theirs = () =>
      linesIn(actor.stage).filter((line) => line.startsWith(`**${actor.name}** `));
    await eventually(() => expect(theirs().join('\n')).toContain(captions));
  },
  async sends({ stage, name }: Actor, acts: Kind<Acts, 'sends'>) {
    await eventually(() => expect(sent(stage, name)).toBeGreaterThan(acts.sends));
  },
  asks: (actor: Actor, acts: Kind<Acts, 'asks'>) => asks(actor, acts.asks),
  async understands(actor: Actor, { understands }: Kind<Acts, 'understands'>) {
    await asks(actor, understands);
    const { stage, name } = actor;
    const { uttered, heard, made } = stage.last(name).exchange ?? expect.fail();
    await expectAlike(uttered, stage.sound(understands));
    await expectAlike(heard.pcm, made);
  },
  async hears({ stage, name, person }: Actor, { hears }: Kind<Acts, 'hears'>) {
    if (hears === 'something') return await hearing(person);
    const waits = { sinceMs: 0, quietMs: 1_000, timeoutMs: 20_000 };
    const heard =
      hears === 'everything'
        ? await person.listen(waits, soon())
        : await hearAnswer(person, stage.last(name).sinceMs);
    await expectAlike(heard.pcm, toneOf(hears === 'everything' ? madeTexts(stage) : hears));
  },
  async awaitsQuiet({ stage, name, person }: Actor, { awaitsQuiet }: Kind<Acts, 'awaitsQuiet'>) {
    const { sinceMs } = stage.last(name);
    await person.listen({ sinceMs, quietMs: awaitsQuiet, timeoutMs: 20_000 }, soon());
  },
  async runs({ stage, name, person }: Actor, acts: Kind<Acts, 'runs'>) {
    const [line = '', ...options] = acts.runs.slice(1).split(/ (?=[a-z_]+:)/);
    const words = options.map((option) => [
      option.split(':', 1)[0],
      filled(stage, option.replace(/^[a-z_]+:/, '')),
    ]);
    const asked = person.command(line, { ...Object.fromEntries(words), ...acts.files }, acts.from);
    stage.last(name).sinceMs = asked.sentAtMs;
    if (acts.waits !== false) await read(stage, acts, asked);
  },
  async presses({ stage, person }: Actor, acts: Kind<Acts, 'presses'>) {
    const { presses, on } = acts;
    const message = stage.kept(on);
    const name = typeof presses === 'number' ? (buttonsOf(message)[presses]?.[0] ?? '') : presses;
    await read(stage, acts, person.press(message, customId(name)));
  },
  picks: ({ stage, person }: Actor, acts: Kind<Acts, 'picks'>) =>
    read(stage, acts, person.menu(acts.picks, stage.kept(acts.on))),
  async writes({ stage, name, person }: Actor, acts: Kind<Acts, 'writes'>) {
    const { writes, to: channel, attached: files, replyTo, keep } = acts;
    const wrote = person.write(`${filled(stage, writes)}`, {
      ...(channel && { channel }),
      ...(files && { files }),
      ...(replyTo && { replyTo: stage.message(replyTo) }),
    });
    stage.last(name).sinceMs = wrote.atMs;
    if (keep) stage.keep(keep, wrote);
  },
  async deletes({ stage, person }: Actor, acts: Kind<Acts, 'deletes'>) {
    person.deleteMessage(stage.message(acts.deletes));
  },
};

async function says({ stage, name, person }: Actor, sound: Sound): Promise<void> {
  const last = stage.last(name);
  last.sentPackets = person.counts().sentPackets;
  last.said = await person.say(stage.sound(sound), soon());
  last.sinceMs = last.said.firstPacketAtMs;
}

async function asks({ stage, name, person }: Actor, sound: Sound): Promise<void> {
  const last = stage.last(name);
  last.sentPackets = person.counts().sentPackets;
  last.exchange = await converse(stage.around(name), person, stage.sound(sound));
}

/** Packets that this person has sent since they began to speak. */
export function sent(stage: Stage, name: string): number {
  return stage.person(name).counts().sentPackets - stage.last(name).sentPackets;
}

async function read(
  stage: Stage,
  { reads, last, keep }: Pick<Kind<Acts, 'runs'>, 'reads' | 'last' | 'keep'>,
  asked: Interaction,
): Promise<void> {
  const answer = await firstAnswer(asked);
  if (keep) stage.keep(keep, answer);
  if (reads) expectReading(stage, answer, reads);
  const newest = () => asked.followUps.at(-1) ?? asked.reply;
  if (last) await eventually(() => expectReading(stage, newest(), last));
}

function expectReading(stage: Stage, message: ShownMessage | undefined, reading: Reading): void {
  const { to, buttons, ...match } = reading;
  expectMatch(stage, message?.text, match);
  if (to) expect(message?.ephemeral ? 'caller' : 'all').toBe(to);
  if (message && buttons) expect(buttonsOf(message)).toEqual(buttons);
}

function expectMatch(stage: Stage, value: unknown, match: Match): void {
  if ('is' in match) expect(value).toEqual(filled(stage, match.is));
  if (match.fits) expect(value).toMatchObject(match.fits);
  const isLines = Array.isArray(value) && value.every((one) => typeof one === 'string');
  const text = isLines
    ? value.join('\n')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
  for (const part of [match.has ?? []].flat()) expect(text).toMatch(filled(stage, part));
  for (const part of [match.lacks ?? []].flat()) expect(text).not.toMatch(filled(stage, part));
}

/** A text with ids in the places of names. */
function filled<Value>(stage: Stage, value: Value): Value | string {
  if (typeof value !== 'string') return value;
  const { sandbox } = stage;
  return value.replace(/\{(server|[@#][^}]+|message [^}]+)\}/g, (_, name: string) => {
    if (name === 'server') return sandbox.guildId;
    if (name === '@bot') return sandbox.botId;
    if (name.startsWith('message ')) return stage.message(name.replace('message ', '')).id;
    const rest = name.slice(1);
    return name.startsWith('#') ? sandbox.channelId(rest) : stage.person(rest).id;
  });
}
