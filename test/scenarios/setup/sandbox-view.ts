import type { Sandbox } from '#sandbox/sandbox.ts';
import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';

/** A sandbox that several scenarios use one after the other, as one of them knows it: with its own servers, and what happened since it began. */
export function viewOf(sandbox: Sandbox, guilds: readonly SandboxGuild[]) {
  const [first] = guilds;
  if (!first) throw new Error('A scenario has a server.');
  const lastBefore = sandbox.requests().at(-1);
  const own: Partial<Sandbox> = {
    guildId: first.id,
    guild(nameOrId = first.id) {
      const foundGuild = guilds.find(
        ({ id, name }) => id === nameOrId || name === nameOrId,
      );
      if (!foundGuild) throw new Error(`There is no server ${nameOrId}.`);
      return foundGuild;
    },
    addGuild: notHere,
    removeGuild: notHere,
    channelId: (name) => first.channelId(name),
    person: (name, options) => first.person(name, options),
    messages: (channel) => first.messages(channel),
    bot: () => ({ online: sandbox.bot().online, channel: first.bot().channel }),
    violations() {
      const ids = guilds.map(({ id }) => id);
      return sandbox.violations().filter(({ guildId }) => ids.includes(guildId));
    },
    requests() {
      const allRequests = sandbox.requests();
      return allRequests.slice(lastBefore ? allRequests.indexOf(lastBefore) + 1 : 0);
    },
    [Symbol.asyncDispose]: notHere,
  };
  return new Proxy(sandbox, {
    get(target, key) {
      const value: unknown = Reflect.get(key in own ? own : target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function notHere(): never {
  throw new Error('Only a sandbox of its own can do that: `own` of a scene.');
}
