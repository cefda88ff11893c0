import { neverAborted } from '#src/base/bounded-wait.ts';
import { toOkFinding } from '#src/probes/probe.ts';
import type { DoctorProbe } from './doctor-probe.ts';
import { machineProbe } from './machine-probe.ts';
import { rolesProbe } from './roles-probe.ts';
import { storedDataProbe } from './stored-data-probe.ts';

const discordProbe: DoctorProbe = {
  name: 'discord',
  async *run({ config: { discord }, clock, isOffline }) {
    if (!discord || isOffline) {
      yield 'Discord';
      const sandbox =
        'not set: npm start runs the sandbox, npm run setup asks for a token';
      yield toOkFinding('token', discord ? 'set, not checked' : sandbox);
      return;
    }
    yield discord.apiUrl === undefined ? 'Discord' : `Discord at ${discord.apiUrl}`;
    const { examineDiscord } = await import('#doctor/discord/examine-discord.ts');
    yield* examineDiscord(discord, clock);
  },
};

const operatorTestMessage =
  'Parley: this is a test message of npm run doctor -- --tell-operator. Notices about problems come the same way.';

/** Sends the operator a test message if `--tell-operator` was given. */
const operatorNoticesProbe: DoctorProbe = {
  name: 'notices',
  async *run({
    config: {
      discord,
      monitoring: { operatorWebhook: webhook },
    },
    notifiesOperator,
  }) {
    if (!notifiesOperator) return;
    yield 'Operator';
    const { writeToOperator } = await import(
      '#src/discord/account/operator-message.ts'
    );
    const destination = await writeToOperator(
      operatorTestMessage,
      { webhook, discord },
      neverAborted,
    );
    yield toOkFinding('notices', `a test message went to ${destination}`);
  },
};

const toolServersProbe: DoctorProbe = {
  name: 'tool servers',
  async *run(examination) {
    if (!examination.config.externalTools.mcp) return;
    // The MCP client loads only if there are servers.
    const { examineToolServers } = await import('./examine-tool-servers.ts');
    yield* examineToolServers(examination);
  },
};

/** All probes, in the order of the report. */
export const doctorProbes: readonly DoctorProbe[] = [
  machineProbe,
  storedDataProbe,
  discordProbe,
  operatorNoticesProbe,
  rolesProbe,
  toolServersProbe,
];
