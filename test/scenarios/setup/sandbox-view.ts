import type { Sandbox } from '#sandbox/sandbox.ts';
import type { SandboxGuild } from '#sandbox/sandbox-guild.ts';

/** A sandbox that several scenarios use one after the other, as one of them knows it: with its own servers, and what happened since it began. */
export function viewOf(sandbox: Sandbox, guilds: readonly SandboxGuild[]): Sandbox {
  const [first] = guilds;
  if (!first) throw new Error('A scenario has a server.');
  const { apiUrl, token, certificate, botId, cdnHost } = sandbox;
  const lastBefore = sandbox.requests().at(-1);
  return {
    apiUrl,
    apiUrlFor: (process) => sandbox.apiUrlFor(process),
    token,
    certificate,
    botId,
    cdnHost,
    guildId: first.id,
    faults: faultsIn(sandbox, first),
    guild(nameOrId = first.id) {
      const found = guilds.find(({ id, name }) => id === nameOrId || name === nameOrId);
      if (!found) throw new Error(`There is no server ${nameOrId}.`);
      return found;
    },
    addGuild: notHere,
    removeGuild: notHere,
    changeGatewayRules: notHere,
    limitRequests: notHere,
    channelId: (name) => first.channelId(name),
    person: (name, options) => first.person(name, options),
    messages: (channel) => first.messages(channel),
    bot: () => ({ online: sandbox.bot().online, channel: first.bot().channel }),
    violations() {
      const ids = guilds.map(({ id }) => id);
      return sandbox.violations().filter(({ guildId }) => ids.includes(guildId));
    },
    gatewaySessions: () => sandbox.gatewaySessions(),
    commands: () => sandbox.commands(),
    requests() {
      const all = sandbox.requests();
      return all.slice(lastBefore ? all.indexOf(lastBefore) + 1 : 0);
    },
    directMessages: () => sandbox.directMessages(),
    message: (id) => sandbox.message(id),
    file: (id) => sandbox.file(id),
    onMessage: (listener) => sandbox.onMessage(listener),
    nameOf: (id) => sandbox.nameOf(id),
    [Symbol.asyncDispose]: notHere,
  };
}

/** Faults of the sandbox; a fault that names no server happens in the first one of the scenario. */
function faultsIn({ faults }: Sandbox, first: SandboxGuild): Sandbox['faults'] {
  return {
    ...faults,
    disconnectBot: (closeCode) => first.disconnectBot(closeCode),
    moveBot: (channel) => first.moveBot(channel),
    closeChannel: (channel) => first.permit(channel, '@everyone', { deny: ['connect'] }),
    replaceVoiceServer: notHere,
  };
}

function notHere(): never {
  throw new Error('Only a sandbox of its own can do that: `own` of a scene.');
}
