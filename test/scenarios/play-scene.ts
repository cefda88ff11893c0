import { expect } from 'vitest';
import type { Interaction, ShownMessage } from '#sandbox/interactions/interactions.ts';
import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import { realClock } from '#src/base/clock.ts';
import { buttonsOf, customId, firstAnswer } from '#test/scenarios/setup/asking.ts';
import { linesIn } from '#test/scenarios/setup/captioning.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callBot,
  converseWith,
  expireSoon,
  hearAnswer,
  madeTexts,
  passSharedTime,
  playScenario,
  retryUntilHeld,
  toneOf,
  waitForReturn,
  waitForSpeech,
} from '#test/scenarios/setup/scenario-setup.ts';
import { findServer, type LastActs, openStage, type Stage } from './scene-stage.ts';
import type {
  Acts,
  Match,
  SandboxScene,
  ScenarioReading,
  Scenes,
  Sound,
  StageSteps,
  Step,
  Verbs,
} from './scene-types.ts';

/** Deadline of a line of the log. */
const maxLogMs = 40_000;
/** Lines of the log below a failure. */
const shownLines = 12;

/** One test for each scene. */
export function playScenes(...files: readonly Scenes[]) {
  for (const [title, scene] of files.flatMap(Object.entries<SandboxScene>)) {
    playScenario(title, async () => {
      await using stage = await openStage(scene);
      await playSteps(stage, scene.steps);
    });
  }
}

async function playSteps(stage: Stage, steps: readonly Step[]) {
  for (const [n, step] of steps.entries()) {
    try {
      await playStep(stage, step);
    } catch (error) {
      throw placeError(
        error,
        `step ${n + 1} of ${steps.length}, ${formatStep(step)}`,
        stage,
      );
    }
  }
}

/** The error with its innermost step before it, and the last lines of the log below. */
function placeError(error: unknown, where: string, { bot }: Stage) {
  if (!(error instanceof Error) || error.message.startsWith('step ')) return error;
  const log = bot.log.slice(-shownLines).map((line) => JSON.stringify(line));
  error.message = `${where}:\n${error.message}\nLast lines of the log:\n${log.join('\n')}`;
  return error;
}

/** A function by its name, or by its source where it has that of its place. */
function formatStep(step: Step) {
  const toPlainValue = (key: string, value: unknown) => {
    if (typeof value === 'function')
      return value.name === key ? `${value}` : value.name;
    return value instanceof RegExp
      ? `${value}`
      : 'samples' in Object(value)
        ? 'a sound'
        : value;
  };
  return JSON.stringify(step, toPlainValue).slice(0, 300);
}

async function playStep(stage: Stage, step: Step) {
  const word = Object.keys(step).find((key) => key in stagePlayers);
  // Each player is under its own word.
  if (word)
    return void (await stagePlayers[word as keyof StageSteps](stage, step as never));
  const people = Object.entries(step).map(([who, what]) =>
    typeof what === 'function' ? what(stage) : playActs(stage, who, what as Acts),
  );
  await Promise.all(people);
}

type StagePlayers = {
  readonly [Word in keyof StageSteps]: (
    stage: Stage,
    step: StageSteps[Word],
  ) => unknown;
};

const stagePlayers: StagePlayers = {
  see: (stage, { see, keep, ...match }) =>
    retryUntilHeld(async () => {
      const value = await see(stage);
      expectMatch(stage, value, match);
      if (Object.keys(match).length === 0) expect(value).toBeDefined();
      if (keep) stage.keep(keep, value as ShownMessage);
    }),
  posts: (stage, { posts, ...match }) =>
    retryUntilHeld(() => {
      const [channel = ''] = posts.split(' in ');
      const messages = stage.server(findServer(posts)).messages(channel);
      const texts = messages.map(({ text }) => text);
      expectMatch(stage, texts, match);
    }),
  message: (stage, { message, ...match }) =>
    retryUntilHeld(() => expectMatch(stage, stage.message(message).text, match)),
  botSits: (stage, { botSits }) =>
    retryUntilHeld(() => {
      const { channel = 'nowhere' } = stage.server(findServer(botSits)).bot();
      expect(channel).toBe(botSits.split(' in ')[0]);
    }),
  line({ sandbox, person }, { line, suffers }) {
    const id = line === 'bot' ? sandbox.botId : person(line).id;
    if (suffers === 'nothing') sandbox.faults.voice.heal(id);
    else sandbox.faults.voice.setNetwork(id, suffers);
  },
  async logs(stage, { logs, ...match }) {
    const fields = Object.entries(logs);
    const fitsLine = (line: typeof logs) =>
      fields.every(([key, value]) => line[key] === value);
    expectMatch(stage, await stage.bot.waitForLine(fitsLine, maxLogMs), match);
  },
  async bot({ bot, restart }, step) {
    if (step.bot === 'stops') expect(await bot.stop()).toBe(0);
    else if (step.bot === 'is killed') await bot.kill();
    else await restart();
  },
  async returnsTo(stage, step) {
    await stage.restart();
    await waitForReturn(stage, ...step.returnsTo.map((name) => stage.person(name)));
  },
  passes: (_stage, step) => passSharedTime(step.passes),
  providers: ({ providers }, step) => providers.set(step.providers),
  together: (stage, step) =>
    Promise.all(step.together.map((steps) => playSteps(stage, steps))),
  async within(stage, step) {
    const fromMs = realClock.nowMs();
    await playSteps(stage, step.steps);
    expect(realClock.nowMs() - fromMs).toBeLessThan(step.within);
  },
};

/** A person in a scene, with what they did last. */
type Actor = {
  readonly stage: Stage;
  readonly name: string;
  readonly person: SandboxPerson;
  readonly last: LastActs;
};

async function playActs(stage: Stage, name: string, acts: Acts) {
  const actor = { stage, name, person: stage.person(name), last: stage.last(name) };
  for (const [word, what] of Object.entries(acts)) {
    // Each player is under its own word; other words are details of one.
    await players[word as keyof Verbs]?.(actor, what as never, acts);
  }
}

type Players = {
  readonly [Verb in keyof Verbs]: (
    actor: Actor,
    what: Verbs[Verb],
    acts: Acts,
  ) => unknown;
};

const players: Players = {
  joins: ({ person }, channel) => person.join(channel, expireSoon()),
  leaves: ({ person }) => person.leave(),
  async calls({ stage, name, person }, channel) {
    if (channel !== true) await person.join(channel, expireSoon());
    await callBot(stage.around(name), person);
  },
  settles: ({ person }) => person.settled(expireSoon()),
  uses: ({ person }, microphone) => person.useMicrophone(microphone),
  says: playSays,
  async captions(actor, text) {
    await playSays(actor, text);
    const isTheirs = (line: string) => line.startsWith(`**${actor.name}** `);
    const readTheirs = () => linesIn(actor.stage).filter(isTheirs).join('\n');
    await retryUntilHeld(() => expect(readTheirs()).toContain(text));
  },
  sends: ({ stage, name }, packets) =>
    retryUntilHeld(() => expect(findSent(stage, name)).toBeGreaterThan(packets)),
  asks: playAsks,
  async understands(actor, sound) {
    const { uttered, heard, made } = await playAsks(actor, sound);
    await expectAlike(uttered, actor.stage.sound(sound));
    await expectAlike(heard.pcm, made);
  },
  async hears({ stage, person, last }, words) {
    if (words === 'something') return await waitForSpeech(person);
    if (typeof words === 'object') {
      const answer = await hearAnswer(person, last.sinceMs);
      return await expectAlike(answer.pcm, toneOf(words));
    }
    const all = await person.listen(
      { sinceMs: 0, quietMs: 1_000, timeoutMs: 20_000 },
      expireSoon(),
    );
    await expectAlike(all.pcm, toneOf(madeTexts(stage)));
  },
  awaitsQuiet: ({ person, last: { sinceMs } }, quietMs) =>
    person.listen({ sinceMs, quietMs, timeoutMs: 20_000 }, expireSoon()),
  async runs({ stage, person, last }, command, acts) {
    const [line = '', ...options] = command.slice(1).split(/ (?=[a-z_]+:)/);
    const words = options.map((option) => {
      const [, key, value = ''] = /^([a-z_]+):(.*)$/s.exec(option) ?? [];
      return [key, fillValue(stage, value)];
    });
    const fields = { ...Object.fromEntries(words), ...acts.files };
    const interaction = person.command(line, fields, acts.place);
    last.sinceMs = interaction.sentAtMs;
    if (acts.waits !== false) await readMessage(stage, acts, interaction);
  },
  async presses({ stage, person }, [button, on], acts) {
    const message = stage.kept(on);
    const name =
      typeof button === 'number' ? (buttonsOf(message)[button]?.[0] ?? '') : button;
    await readMessage(stage, acts, person.press(message, customId(name)));
  },
  picks: ({ stage, person }, [entry, on], acts) =>
    readMessage(stage, acts, person.menu(entry, stage.kept(on))),
  writes({ stage, person, last }, text, { place, files, replyTo, keep }) {
    const wrote = person.write(`${fillValue(stage, text)}`, {
      ...(place && { channel: place }),
      ...(files && { files: Object.values(files) }),
      ...(replyTo && { replyTo: stage.message(replyTo) }),
    });
    last.sinceMs = wrote.atMs;
    if (keep) stage.keep(keep, wrote);
  },
  deletes: ({ stage, person }, message) => person.deleteMessage(stage.message(message)),
};

async function playSays({ stage, person, last }: Actor, sound: Sound) {
  last.sentPackets = person.countVoicePackets().sentPackets;
  last.said = await person.say(stage.sound(sound), expireSoon());
  last.sinceMs = last.said.firstPacketAtMs;
}

async function playAsks({ stage, name, person, last }: Actor, sound: Sound) {
  last.sentPackets = person.countVoicePackets().sentPackets;
  last.exchange = await converseWith(stage.around(name), person, stage.sound(sound));
  return last.exchange;
}

/** Packets that this person has sent since they began to speak. */
export function findSent(stage: Stage, name: string) {
  return (
    stage.person(name).countVoicePackets().sentPackets - stage.last(name).sentPackets
  );
}

async function readMessage(
  stage: Stage,
  { reads, last, keep }: Acts,
  interaction: Interaction,
) {
  const answer = await firstAnswer(interaction);
  if (keep) stage.keep(keep, answer);
  if (reads) expectReading(stage, answer, reads);
  const findNewest = () => interaction.followUps.at(-1) ?? interaction.reply;
  if (last) await retryUntilHeld(() => expectReading(stage, findNewest(), last));
}

function expectReading(
  stage: Stage,
  message: ShownMessage | undefined,
  reading: ScenarioReading,
) {
  const { to, buttons, ...match } = reading;
  expectMatch(stage, message?.text, match);
  if (to) expect(message?.ephemeral ? 'caller' : 'all').toBe(to);
  if (message && buttons) expect(buttonsOf(message)).toEqual(buttons);
}

function expectMatch(stage: Stage, value: unknown, match: Match) {
  if ('is' in match) expect(value).toEqual(fillValue(stage, match.is));
  if (match.fits) expect(value).toMatchObject(match.fits);
  const isLines =
    Array.isArray(value) && value.every((entry) => typeof entry === 'string');
  const text = isLines
    ? value.join('\n')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
  for (const part of [match.has ?? []].flat())
    expect(text).toMatch(fillValue(stage, part));
  for (const part of [match.lacks ?? []].flat())
    expect(text).not.toMatch(fillValue(stage, part));
}

/** A text with ids in the places of names. */
function fillValue<Value>(stage: Stage, value: Value) {
  if (typeof value !== 'string') return value;
  const { sandbox } = stage;
  return value.replace(/\{(server|[@#][^}]+|message [^}]+)\}/g, (_, name: string) => {
    if (name === 'server') return sandbox.guildId;
    if (name === '@bot') return sandbox.botId;
    if (name.startsWith('message '))
      return stage.message(name.replace('message ', '')).id;
    const rest = name.slice(1);
    return name.startsWith('#') ? sandbox.channelId(rest) : stage.person(rest).id;
  });
}
