import type { Config } from '#src/config/types.ts';
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

/** Every role that has a server, asked with the engine of the bot; offline only by its model's name. */
export const configuredRoles: DoctorProbe = {
  name: 'roles',
  async *run({ config, isOffline, ...deadline }) {
    const { examineRole, rolesOf } = await import('./roles.ts');
    const lists = new Map<string, Promise<ModelList>>();
    let clip: SpokenClip | undefined;
    for (const role of rolesOf(config)) {
      const { group, server } = role;
      if (!('baseUrl' in server)) {
        yield `${group}: the embedded engine needs no server`;
        continue;
      }
      const { apiKey, baseUrl } = server;
      yield `${group}: ${serverName(baseUrl)}, ${apiKey ? 'key set' : 'no key set'}`;
      const place = `${baseUrl} ${apiKey?.reveal()}`;
      const list = isOffline ? unasked : (lists.get(place) ?? readModels(server, deadline));
      lists.set(place, Promise.resolve(list));
      yield lifecycle({ ...server, role: group }, await list, deadline.clock.wallMs());
      if (isOffline) continue;
      const examined = await examineRole(role, deadline, clip);
      clip ??= examined.clip;
      yield* examined.findings;
    }
  },
};

const unasked: ModelList = { kind: 'not offered' };

async function readModels(
  { apiKey, baseUrl }: Pick<Extract<Config['chat'], { kind: 'remote' }>, 'apiKey' | 'baseUrl'>,
  { clock, deadlineMs }: ProbeDeadline,
): Promise<ModelList> {
  const options = { baseUrl: baseUrl.replace(/^ws/, 'http'), clock, apiKey };
  return await listModels(openClient(options), AbortSignal.timeout(deadlineMs));
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
