import type { RemoteServer } from '#src/config/types.ts';
import type { SpokenClip } from '#src/probes/probe.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import type { DoctorProbe } from './doctor-probe.ts';
import type { Role } from './roles.ts';

/** Every role that has a server, asked with the engine of the bot; offline none. */
export const configuredRoles: DoctorProbe = {
  name: 'roles',
  async *run({ config, isOffline, ...deadline }) {
    const { examineRole, rolesOf } = await import('./roles.ts');
    let clip: SpokenClip | undefined;
    for (const role of rolesOf(config)) {
      const { group, engine } = role;
      if (!('baseUrl' in engine)) {
        yield `${group}: the embedded engine needs no server`;
        continue;
      }
      yield titleOf(role, engine);
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
