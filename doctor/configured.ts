import { modelsInUse } from '#src/config/models.ts';
import { differs, type SpokenClip } from '#src/probes/probe.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import type { RemoteServer } from '#src/provider/models/models.ts';
import type { DoctorProbe } from './doctor-probe.ts';
import type { Role } from './roles.ts';

/** Every role that has a server, asked with the engine of the bot, and the models that end; offline no server is asked. */
export const configuredRoles: DoctorProbe = {
  name: 'roles',
  async *run({ config, isOffline, ...deadline }) {
    const { examineRole, rolesOf } = await import('./roles.ts');
    let clip: SpokenClip | undefined;
    for (const role of rolesOf(config)) {
      const { group, engine } = role;
      if (!('baseUrl' in engine)) {
        yield `${group}: the local engine needs no server`;
        continue;
      }
      yield titleOf(role, engine);
      if (isOffline) continue;
      const examined = await examineRole(role, deadline, clip);
      clip ??= examined.clip;
      yield* examined.findings;
    }
    const { findModelEndings } = await import('#src/provider/models/model-endings.ts');
    const signal = isOffline ? AbortSignal.abort() : AbortSignal.timeout(deadline.deadlineMs);
    const endings = await findModelEndings(modelsInUse(config), deadline.clock.wallMs(), signal);
    yield* endings.map(({ why, mend }) => differs('model', why, mend));
  },
};

function titleOf({ engine, group }: Role, { apiKey, baseUrl }: RemoteServer): string {
  const name = baseUrl === '' && 'backend' in engine ? engine.backend : serverName(baseUrl);
  return `${group}: ${name}, ${apiKey ? 'key set' : 'no key set'}`;
}
