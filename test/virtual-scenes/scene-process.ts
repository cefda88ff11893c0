import { buttons } from '#commands/buttons.ts';
import { commands } from '#commands/commands.ts';
import type { Clock } from '#src/base/clock.ts';
import { type ChannelId, type GuildId, toChannelId, toGuildId } from '#src/base/ids.ts';
import { indexCommandsByLine } from '#src/discord/interactions/command-entries.ts';
import type {
  CallHandler,
  CommandCall,
  CommandPorts,
  Replies,
} from '#src/features/command.ts';
import { readHelpState } from '#src/features/contract/help-entries.ts';
import type { TypedMessageListener } from '#src/ports/typed-messages.ts';
import { createWallTimes } from '#src/texts/wall-time.ts';
import {
  type FixtureOptions,
  openSessionFixture,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeLinkOpener } from '#test/fakes/fake-link.ts';
import type { openBudgets } from '#test/fakes/fake-spending.ts';
import type { VirtualClock } from '#test/fakes/virtual-clock.ts';
import type { SceneChat } from './scene-chat.ts';
import type { SceneStores } from './scene-stores.ts';
import type { ScenePolicy } from './scene-types.ts';
import { toSceneRoleId } from './scene-world.ts';

export const sceneGuildId: GuildId = toGuildId('900000000000000001');
export const generalId: ChannelId = toChannelId('general');

const commandsByLine = indexCommandsByLine(commands);
const buttonsByName = new Map(buttons.map((button) => [button.name, button]));

type Budgets = ReturnType<typeof openBudgets>;

export type SceneProcessDeps = {
  readonly clock: VirtualClock;
  readonly stores: SceneStores;
  readonly chat: SceneChat;
  readonly budgets: Budgets['budgets'];
  readonly policy: ScenePolicy;
  readonly openLink: FakeLinkOpener['openLink'];
  readonly places: CommandPorts['places'];
  readonly engines: FixtureOptions;
  readonly getAuthor: (messageId: string) => string | undefined;
};

/** One process of the bot over the stores of a scene. After `kill` nothing of it is written, sent or woken. */
export class SceneProcess {
  readonly fixture: SessionFixture;
  readonly opener: FakeLinkOpener;
  listener: TypedMessageListener | undefined;
  readonly #over = new AbortController();
  readonly #ports: CommandPorts;
  #isAlive = true;

  constructor(deps: SceneProcessDeps) {
    const { budgets, chat, clock, engines, openLink, places, policy, stores } = deps;
    const isAlive = () => this.#isAlive;
    this.opener = new FakeLinkOpener([]);
    this.opener.openLink = async (...args) =>
      this.#isAlive
        ? await openLink(...args)
        : await new Promise<never>(() => undefined);
    this.fixture = openSessionFixture(
      {
        ...engines,
        addressing: 'auto',
        names: ['Nova'],
        clock: makeMortalClock(clock, isAlive),
        stores: makeMortal(stores.all, isAlive),
        journal: makeMortal(stores.journal, isAlive),
        consent: { policy, roleId: toSceneRoleId('agreed') },
        linkOpener: this.opener,
        messages: chat.createPoster(isAlive),
        panels: chat.createPanels(isAlive, () => undefined),
        typed: chat.createReplies(
          isAlive,
          (listener) => {
            this.listener = listener;
          },
          deps.getAuthor,
        ),
        places,
        spending: budgets,
      },
      [],
      clock,
    );
    this.#ports = this.#createPorts(budgets, clock, places);
    void this.fixture.privacy.resumePendingErasures(this.#over.signal);
  }

  /** Discord reports the server, and the bot returns to its seat. */
  async begin(): Promise<void> {
    await this.fixture.dependencies.features.onGuildsArrived([sceneGuildId]);
  }

  /** Runs a command by its words, as in `/settings set key:consent value:notice`. */
  async runCommand(text: string, call: Omit<CommandCall, 'inputs'>): Promise<Replies> {
    const [line = '', ...options] = text.slice(1).split(/ (?=[a-z_]+:)/);
    const inputs = Object.fromEntries(
      options.map((option) => {
        const [, key = '', value = ''] = /^([a-z_]+):(.*)$/s.exec(option) ?? [];
        return [key, value];
      }),
    );
    const command = commandsByLine.get(line);
    const request = { ...call, inputs };
    const wished = command?.findWished?.(request, this.#ports);
    return await this.#answerCall(wished ?? command, request);
  }

  /** Presses a button by its name, as in `confirm:forget`. */
  async pressButton(name: string, call: Omit<CommandCall, 'inputs'>): Promise<Replies> {
    const [press = '', ...about] = name.split(':');
    const inputs: Readonly<Record<string, string>> =
      about.length > 0 ? { about: about.join(':') } : {};
    return await this.#answerCall(buttonsByName.get(press), { ...call, inputs });
  }

  /** Ends the process in order. */
  async stop(): Promise<void> {
    const { sessions } = this.fixture;
    this.#over.abort(new Error('the process stops'));
    await sessions.drainAll(8_000);
    await sessions[Symbol.asyncDispose]();
    this.#isAlive = false;
  }

  /** Ends the process at once, as SIGKILL does. */
  kill(): void {
    this.#isAlive = false;
    this.#over.abort(new Error('the process is killed'));
  }

  /** Answers as `InteractionReceiver` does: people without access are denied unless the handler is for everybody. */
  async #answerCall(handler: CallHandler | undefined, call: CommandCall) {
    if (!handler) throw new Error('There is no such command or button.');
    const denial = handler.isForEverybody
      ? undefined
      : await this.#ports.guilds.findDenial(call);
    return denial ? ([denial] as const) : await handler.run(call, this.#ports);
  }

  #createPorts(
    budgets: Budgets['budgets'],
    clock: VirtualClock,
    places: CommandPorts['places'],
  ): CommandPorts {
    const {
      confirmations,
      dependencies,
      featurePorts,
      peopleSettings,
      privacy,
      sessions,
    } = this.fixture;
    return {
      clock,
      sessions,
      places,
      privacy,
      peopleSettings,
      confirmations,
      features: featurePorts,
      costs: budgets,
      stats: {
        speed: () => undefined,
        listHabits: () => [],
        listModelLines: () => [],
        findLeftCalls: () => undefined,
        getTalkMs: () => 0,
        getUnsent: () => ({ count: 0, ms: 0 }),
      },
      guilds: {
        findDenial: (request) => sessions.settings.findDenial(request),
        getTimes: () => createWallTimes('UTC'),
        readHelpState: (guildId) =>
          readHelpState(guildId, dependencies, dependencies, sessions),
      },
    };
  }
}

function makeMortalClock(clock: VirtualClock, isAlive: () => boolean): Clock {
  return {
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.wallMs(),
    async sleep(ms, signal) {
      await clock.sleep(ms, signal);
      if (!isAlive()) await new Promise<never>(() => undefined);
    },
    later: (ms, run) =>
      clock.later(ms, () => {
        if (isAlive()) run();
      }),
  };
}

/** The same stores, which a killed process neither reads nor writes. */
function makeMortal<Stores extends object>(
  stores: Stores,
  isAlive: () => boolean,
): Stores {
  return new Proxy(stores, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value === 'function')
        return (...args: unknown[]) =>
          isAlive()
            ? Reflect.apply(value, target, args)
            : new Promise<never>(() => undefined);
      return typeof value === 'object' && value !== null
        ? makeMortal(value, isAlive)
        : value;
    },
  });
}
