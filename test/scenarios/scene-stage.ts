import type { ShownMessage } from '#sandbox/interactions/interactions.ts';
import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';
import type { SpokenTimes } from '#sandbox/voice/voice-ports.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import { createSayings } from '#test/scenarios/setup/captioning.ts';
import { viewOf } from '#test/scenarios/setup/sandbox-view.ts';
import {
  openOwnScenario,
  openScenario,
  type ScenarioExchange,
  type ScenarioSetup,
} from '#test/scenarios/setup/scenario-setup.ts';
import type { SandboxScene, Sound } from './scene-types.ts';

/** A scene that is being played: its Discord, its bot, and what has happened in it. */
export type Stage = ScenarioSetup & {
  /** The first server, or that of this name. */
  server(name?: string): SandboxGuild;
  /** A person by name, as in `Adam` or, in the server Second, `Adam in Second`. */
  person(name: string): SandboxPerson;
  /** The stage, with their server alone. */
  around(name: string): Stage;
  sound(sound: Sound): Pcm;
  /** A kept message as it was, or `panel`, the one in #general as it is. */
  kept(name: string): ShownMessage;
  /** A kept message as it is now. */
  message(name: string): ShownMessage;
  keep(name: string, message: ShownMessage): void;
  last(name: string): LastActs;
};

/** What one person did last. */
export type LastActs = {
  /** When they began to speak, wrote, or issued a command. */
  sinceMs: number;
  /** Packets that they had sent when they began to speak. */
  sentPackets: number;
  said?: SpokenTimes;
  exchange?: ScenarioExchange;
};

export async function openStage(scene: SandboxScene): Promise<Stage> {
  const { own, sayings, steps: _, environment, ...options } = scene;
  const said = sayings && createSayings(sayings);
  const providers = { ...said?.providers, ...options.providers };
  const isOwn = own !== undefined || typeof environment === 'function';
  const setup = isOwn
    ? await openOwnScenario({ environment, providers, sandbox: own })
    : await openScenario({ ...options, environment, providers });
  const acts = new Map<string, LastActs>();
  const messages = new Map<string, ShownMessage>();
  const findKept = (name: string) => {
    const findPanel = () =>
      setup.sandbox.messages('general').find(({ components }) => components.length > 0);
    const message = name === 'panel' ? findPanel() : messages.get(name);
    if (!message) throw new Error(`There is no message ${name}.`);
    return message;
  };
  const getServer = (name?: string) => setup.sandbox.guild(name);
  const stage: Stage = Object.assign(setup, {
    server: getServer,
    person: (name: string) => getServer(findServer(name)).person(name),
    around: (name: string) => {
      const at = findServer(name);
      return at === undefined
        ? stage
        : { ...stage, sandbox: viewOf(setup.sandbox, [getServer(at)]) };
    },
    sound: (sound: Sound) =>
      typeof sound !== 'string'
        ? sound
        : said
          ? said.getSound(sound)
          : readSpeech(sound),
    kept: findKept,
    message(name: string) {
      const message = setup.sandbox.message(findKept(name).id);
      if (!message) throw new Error(`The message ${name} is gone.`);
      return message;
    },
    keep: (name: string, message: ShownMessage) => void messages.set(name, message),
    last(name: string) {
      const known = acts.get(name) ?? { sinceMs: 0, sentPackets: 0 };
      acts.set(name, known);
      return known;
    },
  });
  return stage;
}

/** Name of the server in `Adam in Second`. */
export function findServer(name: string) {
  return / in (.+)$/.exec(name)?.[1];
}
