import type { RemoteServer } from '#src/config/types.ts';
import {
  differs,
  type Finding,
  missing,
  ok,
  type ProbeDeadline,
  type SpokenClip,
} from '#src/probes/probe.ts';
import { openClient } from '#src/provider/client.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import { listModels } from '#src/provider/models/model-list.ts';
import {
  isOpenAi,
  type ModelInUse,
  type ModelList,
  modelNews,
  sayNews,
} from '#src/provider/models/models.ts';
import type { DoctorProbe } from './doctor-probe.ts';
import type { Role } from './roles.ts';

/** Every role that has a server, asked with the engine of the bot; offline only by its model's name. */
export const configuredRoles: DoctorProbe = {
  name: 'roles',
  async *run({ config, isOffline, ...deadline }) {
    const { examineRole, rolesOf } = await import('./roles.ts');
    const lists = new Map<string, Promise<ModelList>>();
    const listOf = (server: RemoteServer) => {
      if (isOffline) return unasked;
      const place = `${server.baseUrl} ${server.apiKey?.reveal()}`;
      const list = lists.get(place) ?? readModels(server, deadline);
      lists.set(place, list);
      return list;
    };
    let clip: SpokenClip | undefined;
    for (const role of rolesOf(config)) {
      const { group, engine } = role;
      if (!('baseUrl' in engine)) {
        yield `${group}: the embedded engine needs no server`;
        continue;
      }
      yield titleOf(role, engine);
      if (engine.baseUrl !== '')
        yield lifecycle({ ...engine, role: group }, await listOf(engine), deadline.clock.wallMs());
      if (isOffline) continue;
      const examined = await examineRole(role, deadline, clip);
      clip ??= examined.clip;
      yield* examined.findings;
    }
  },
};

function titleOf({ engine, group }: Role, { apiKey, baseUrl }: RemoteServer): string {
  const name = baseUrl === '' && 'backend' in engine ? engine.backend : serverName(baseUrl);
  return `${group}: ${name}, ${apiKey ? 'key set' : 'no key set'}`;
}

const unasked: ModelList = { kind: 'not offered' };

async function readModels(
  { apiKey, baseUrl }: Pick<RemoteServer, 'apiKey' | 'baseUrl'>,
  { deadlineMs }: ProbeDeadline,
): Promise<ModelList> {
  const client = openClient({ baseUrl: baseUrl.replace(/^ws/, 'http'), apiKey });
  return await listModels(client, AbortSignal.timeout(deadlineMs));
}

/** Notice, in days, earlier than the bot itself warns. */
const noticeDays = 120;

/** Time that a model will still be there, as far as is known. */
function lifecycle(inUse: ModelInUse, list: ModelList, wallMs: number): Finding {
  const { baseUrl, model } = inUse;
  const news = modelNews(inUse, list, wallMs, noticeDays);
  if (!news) {
    const end = isOpenAi(baseUrl) ? `no end announced within ${noticeDays} days` : 'no end known';
    return ok('lifecycle', `${model}: ${list.kind === 'listed' ? 'listed, ' : ''}${end}`);
  }
  const mend = `choose another model; this lists those of the server: npm run doctor -- --provider ${serverName(baseUrl)}`;
  return (news.kind === 'gone' ? missing : differs)('lifecycle', sayNews(news), mend);
}
